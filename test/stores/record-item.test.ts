import { expect, it } from 'vitest'
import { parseOutcome, storedOutcome } from '../../functions/adapters/dynamodb/outcome-item.ts'
import { parseRecord } from '../../functions/adapters/dynamodb/record-item.ts'
import { outcomeItem, readinessRecord } from './builders.ts'

it('a record and an outcome that were stored before refusals were told are read, so that a deploy forgets nothing', () => {
  const isNew = (name: string) => name === 'accountAnswers' || name === 'workersRefused'
  const older = JSON.stringify(readinessRecord(), (name, value) => (isNew(name) ? undefined : value))
  expect(older).not.toMatch(/accountAnswers|workersRefused/)
  expect(parseRecord({ record: older })).toMatchObject({
    record: {
      folded: { solved: 3, accountAnswers: {} },
      evidence: { providers: [{ workersRefused: null }], totals: { accountAnswers: {} } },
    },
  })
  expect(parseOutcome(storedOutcome(outcomeItem({ solved: 1 })))).toMatchObject({ solved: 1, accountAnswers: {} })
})

it('a record that was stored before the item counted solves is read, and proves nothing by them', () => {
  const older = JSON.stringify(readinessRecord(), (name, value) => (name === 'ended' ? undefined : value))
  expect(parseRecord({ record: older })).toMatchObject({ record: { evidence: { ended: null } } })
  const now = parseRecord({ record: JSON.stringify(readinessRecord()) })
  expect(now).toMatchObject({ record: { evidence: { ended: { solved: 7654, failed: 321 } } } })
})
