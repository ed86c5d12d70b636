import { describe, expect, it } from 'vitest'
import type { Mode } from '../../../functions/core/admission/item/admission.ts'
import { acceptingNothing, acceptingOf } from '../../../functions/core/record/accepting.ts'
import type { Priority } from '../../../functions/core/task/task.ts'

const PRIORITIES: Priority[] = ['low', 'normal', 'high', 'critical']
const nothing = { low: false, normal: false, high: false, critical: false }

describe('which priorities the fleet takes', () => {
  it.each<[Mode, Priority[]]>([
    ['normal', ['low', 'normal', 'high', 'critical']],
    ['degraded', ['high', 'critical']],
    ['emergency', ['critical']],
  ])('in mode %s are %s', (mode, taken) => {
    const expected = Object.fromEntries(PRIORITIES.map((priority) => [priority, taken.includes(priority)]))
    expect(acceptingOf({ mode, issues: [] })).toEqual(expected)
  })

  it.each(['paused', 'no_usable_provider', 'spend_limit=hour', 'spend_limit=day'])('are none under %s', (issue) => {
    for (const mode of ['normal', 'degraded', 'emergency'] as const)
      expect(acceptingOf({ mode, issues: ['queue_full=1000', issue] })).toEqual(nothing)
    expect(acceptingNothing).toEqual(nothing)
  })

  it('are those of the mode under any other issue', () => {
    const issues = ['consecutive_failures=12', 'low_balance=$0.50', 'stalled=200s', 'spend_limits=hour']
    expect(acceptingOf({ mode: 'degraded', issues })).toEqual({ ...nothing, high: true, critical: true })
  })
})
