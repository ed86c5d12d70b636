import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { SIMULATOR_DOCUMENT, withFaults } from './fault-tables.ts'

it('docs/simulator.md names every fault of the simulated provider with its parameters (npm run faults)', () => {
  const document = readFileSync(SIMULATOR_DOCUMENT, 'utf8')
  expect(document).toBe(withFaults(document))
})
