import { expect, it } from 'vitest'
import { concurrencyOf } from '../../lib/concurrency.ts'
import { parseSettings } from '../../lib/settings.ts'

function settingsWith(raw: Record<string, string>) {
  const parsed = parseSettings(raw, { allowSubMinuteSweep: false })
  if ('problems' in parsed) throw new Error(parsed.problems.join('; '))
  return parsed.settings
}
const NONE = { worker: null, health: null, pingback: null }

it.each([
  ['dev', undefined, NONE, { submit: 5, collect: 3 }],
  ['dev', '2', { worker: 2, health: 2, pingback: 2 }, { submit: 2, collect: 2 }],
  ['dev', '4', { worker: 4, health: 2, pingback: 2 }, { submit: 4, collect: 3 }],
  ['local', undefined, NONE, { submit: 5, collect: 3 }],
  ['prod', undefined, { worker: 50, health: 10, pingback: 10 }, { submit: 50, collect: 50 }],
  ['prod', '20', { worker: 20, health: 10, pingback: 10 }, { submit: 20, collect: 20 }],
  ['prod', '80', { worker: 80, health: 10, pingback: 10 }, { submit: 50, collect: 50 }],
] as const)(
  '%s with reservedConcurrency %s reserves that, and no event source starts more',
  (stage, given, reserved, sources) => {
    const settings = settingsWith(given === undefined ? {} : { reservedConcurrency: given })
    expect(concurrencyOf(stage, settings)).toEqual({ reserved, sources })
  },
)
