import { describe, expect, it } from 'vitest'
import { makeWithContext } from '../../functions/health/with-context.ts'
import { NOON } from '../../sim/memory/clock.ts'
import { memoryLog } from '../../sim/memory/log.ts'
import { healthSettings, recordOf } from '../build/record.ts'

describe('a record that cannot be rendered', () => {
  it.each([
    [new TypeError('no such field'), 'no such field'],
    ['a text', 'unknown'],
  ])('is logged with its cause, and answered as a corrupt one: %s', async (thrown, why) => {
    const { log, lines } = memoryLog()
    const self = { settings: healthSettings(), providers: ['captchaai'], version: '1', uptimeMs: () => 1 }
    const withContext = makeWithContext({ history: async () => null, log }, self)
    const reading = { kind: 'record', record: recordOf(), readAt: NOON } as const
    const seen = await withContext({ reading, admission: null, milliseconds: 3 }, NOON, async (context) => {
      if (context.view.status === 'ready') throw thrown
      return context.view
    })
    expect(seen).toMatchObject({ status: 'unknown', issues: ['record_unreadable'], trace: [{ observed: 'corrupt' }] })
    expect(lines).toEqual([{ level: 'error', message: 'the readiness record cannot be rendered', fields: { why } }])
  })
})
