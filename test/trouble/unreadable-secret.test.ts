import { afterEach, expect, it } from 'vitest'
import { troubledFleet } from './troubled-fleet.ts'

let stop = () => {}
afterEach(() => stop())

it.each([
  ['one provider', ['captchaai'] as const],
  ['a backup whose key is in the same secret', ['captchaai', 'twocaptcha'] as const],
])(
  'with %s: while the secret cannot be read, the last known key serves for at most 900 s; then nothing is sent and the fleet says why; every task is kept and solved when the secret can be read again',
  async (_, names) => {
    const isUnreadable = (second: number) => second >= 60 && second < 1500
    const fleet = troubledFleet({ providers: names.map((name) => ({ name })), secretUnreadable: isUnreadable })
    stop = fleet.stop
    const said: { second: number; issues: readonly string[] }[] = []
    await fleet.run(
      2400,
      0.5,
      () => said.push({ second: fleet.second(), issues: fleet.record.stored()?.issues ?? [] }),
      {
        deadlineSeconds: 3600,
      },
    )
    const sent = fleet.submits.map(({ at }) => at)
    // The key was read at most 300 s before the secret became unreadable, and here with the first task.
    const last = Math.max(...sent.filter((at) => at < 1500))
    expect(last).toBeGreaterThan(880)
    expect(last).toBeLessThanOrEqual(900 + 10)
    expect(fleet.reads.filter((at) => at > last + 60 && at < 1500)).toEqual([])

    const saying = said.filter(({ issues }) => issues.includes('secret_unreadable')).map(({ second }) => second)
    expect(saying[0]).toBeGreaterThan(last - 10)
    expect(saying[0]).toBeLessThanOrEqual(last + 70)
    expect(said.filter(({ second, issues }) => second > last + 70 && second < 1500 && issues.length === 0)).toEqual([])
    expect(saying.at(-1)).toBeLessThanOrEqual(1500 + 180)

    expect(sent.find((at) => at >= 1500)).toBeLessThanOrEqual(1500 + 90)
    await fleet.run(600, 0)
    expect(fleet.ended('solved')).toHaveLength(1200)
    expect([...fleet.ended('failed'), ...fleet.ended('expired')]).toEqual([])
    expect(fleet.submits).toHaveLength(1200)
    expect(fleet.depth('deadLetters')).toBe(0)
    // A provider whose key cannot be read is no better than another one: nobody is sent away from the first.
    expect(fleet.routes()).toEqual([])
    expect(fleet.submits.filter(({ provider }) => provider !== 'captchaai')).toEqual([])
  },
)
