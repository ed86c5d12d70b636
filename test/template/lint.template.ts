import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { FleetTemplate } from '../../lib/synthesize-fleet.ts'
import { findingsIn } from './cfn-lint.ts'
import { TEMPLATES } from './templates.ts'

const folder = mkdtempSync(join(tmpdir(), 'lifesign-template-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function lint(template: FleetTemplate): string {
  const file = join(folder, 'template.json')
  writeFileSync(file, JSON.stringify(template))
  return findingsIn(file)
}

describe('cfn-lint', () => {
  it.each(Object.keys(TEMPLATES))('finds nothing in the template of %s', (name) => {
    const template = TEMPLATES[name]?.()
    if (template === undefined) throw new Error(`no template ${name}`)
    expect(lint(template)).toBe('')
  })

  it('finds a property that AWS does not know, and a value that AWS does not take', () => {
    const queue = (Properties: Record<string, unknown>): FleetTemplate => ({
      Resources: { Queue: { Type: 'AWS::SQS::Queue', Properties } },
      Outputs: {},
    })
    expect(lint(queue({ MessageRetention: 60 }))).toContain('MessageRetention')
    expect(lint(queue({ MaximumMessageSize: 2_000_000 }))).toContain('the maximum of 1048576')
    expect(lint(queue({ MaximumMessageSize: 1_048_576 }))).toBe('')
  })
})
