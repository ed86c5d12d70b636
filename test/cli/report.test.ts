import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { NOTHING_KNOWN, reportMany, reportOne, SENT } from '../../bin/commands/results/report.ts'
import { asResult, exitCodeOf, secondsOf } from '../../bin/commands/results/result-message.ts'
import type { TaskStatus } from '../../bin/commands/results/task-status.ts'
import type { WaitOutcome } from '../../bin/commands/results/wait-for-results.ts'
import { expired, failed, solved } from './scripted-fleet.ts'

const resultOf = (message: object) => {
  const result = asResult(message)
  if (result === undefined) throw new Error('no result')
  return result
}
const came = (message: object): WaitOutcome => ({ kind: 'result', result: resultOf(message) })
const NOT_KEPT = { code: 'SOLUTION_NOT_KEPT', class: 'gone', message: 'it is gone.' }
const task = { taskId: 'a' }
const TAKEN =
  'solved, but another reader of the result queue took the solution; `--reply both` keeps a copy in the table'

function screen(live: boolean) {
  const shown: string[] = []
  const terminal = {
    ...{ live, coloured: false, confirm: () => null, secret: () => null },
    out: (line: string) => void shown.push(`out ${line}`),
    err: (line: string) => void shown.push(`err ${line}`),
    status: (line: string) => void shown.push(`status ${line}`),
  }
  return { shown, terminal }
}
const BEGAN = 1_000_000
function one({
  json = false,
  live = false,
  first = SENT,
}: {
  json?: boolean
  live?: boolean
  first?: typeof SENT | typeof NOTHING_KNOWN
} = {}) {
  let now = BEGAN
  const { shown, terminal } = screen(live)
  const report = reportOne(terminal, json, 40, first, () => now)
  return { report, shown, at: (ms: number) => (now = BEGAN + ms) }
}

describe('the report of one task', () => {
  const TAKEN_BY_WORKER: TaskStatus = { state: 'claimed' }
  const statuses: [TaskStatus, string][] = [
    [TAKEN_BY_WORKER, 'taken by a worker'],
    [{ state: 'unknown', provider: 'captchaai' }, 'waiting: the answer to its submit was lost'],
    [{ state: 'submitted' }, 'being solved'],
    [{ state: 'submitted', provider: 'captcha\x1bai' }, 'being solved by captcha?ai'],
    [{ state: 'parked\x07', provider: 'captchaai' }, 'parked? by captchaai'],
    [{ state: 'solved', result: resultOf(solved(task)) }, 'solved, its result is on the way'],
  ]

  it('tells each change of its state once, with the time since it began', () => {
    const { report, shown, at } = one()
    for (const [n, [status]] of statuses.entries()) {
      at(n * 1500)
      report.onStatus('a', status)
      at(n * 1500 + 700)
      report.onStatus('a', status)
    }
    expect(shown).toEqual(statuses.map(([, text], n) => `err ${(n * 1.5).toFixed(1).padStart(6)} s  ${text}`))
  })

  it('on a screen has one line that goes on, in whole seconds', () => {
    const { report, shown, at } = one({ live: true })
    report.tick()
    at(12_600)
    report.onStatus('a', TAKEN_BY_WORKER)
    report.tick()
    expect(shown).toEqual([`status    0 s  ${SENT}`, 'status   13 s  taken by a worker'])
  })

  it('says once that nothing is known of a task that only has an id, and never of one that was just sent', () => {
    const asked = one({ first: NOTHING_KNOWN })
    for (let looks = 0; looks < 3; looks += 1) {
      asked.report.onNothing('a')
      expect(asked.shown).toEqual([`err ${NOTHING_KNOWN}`])
    }
    const sent = one()
    sent.report.onNothing('a')
    const onScreen = one({ first: NOTHING_KNOWN, live: true })
    onScreen.report.onNothing('a')
    expect([...sent.shown, ...onScreen.shown]).toEqual([])
  })

  it.each<[string, WaitOutcome, number, string[], string[]]>([
    ['solved', came(solved(task)), 0, ['token-of-a'], ['solved by captchaai in 9.0 s']],
    [
      'solved, and usable for a while',
      came({ ...solved(task), provider: undefined, usableUntil: '2999-01-01T00:00:00.000Z' }),
      0,
      ['token-of-a'],
      ['solved in 9.0 s, usable until 2999-01-01T00:00:00.000Z'],
    ],
    ['failed', came(failed(task)), 1, [], ['failed: ERROR_CAPTCHA_UNSOLVABLE (unsolvable): nobody could solve it']],
    ['failed for no reason', came({ ...failed(task), error: undefined }), 1, [], ['failed: no reason given']],
    ['expired', came(expired(task)), 3, [], ['expired: DEADLINE_EXCEEDED (deadline): the deadline passed']],
    [
      'solved before and not kept',
      came({ ...solved(task), solution: undefined, error: NOT_KEPT }),
      4,
      [],
      [
        'solved before, but without its solution now: SOLUTION_NOT_KEPT (gone): it is gone. Use a new --task-id, and `--reply both` to keep a copy in the table',
      ],
    ],
    ['taken by another reader', { kind: 'taken' }, 4, [], [TAKEN]],
    ['without a result', { kind: 'none' }, 4, [], [`no result for a in 40 s; last seen ${SENT}`]],
  ])(
    'that is %s: exit code, standard output, and the sentence for a person; --json changes standard output alone',
    (_, outcome, code, out, err) => {
      const text = one()
      text.report.onOutcome('a', outcome)
      expect(text.report.close()).toBe(code)
      expect(text.shown).toEqual(['status ', ...out.map((line) => `out ${line}`), ...err.map((line) => `err ${line}`)])
      const json = one({ json: true })
      json.report.onOutcome('a', outcome)
      const printed =
        outcome.kind === 'result' ? outcome.result : { taskId: 'a', status: 'no_result', why: outcome.kind }
      expect(json.shown).toEqual(['status ', `out ${JSON.stringify(printed)}`, ...err.map((line) => `err ${line}`)])
    },
  )

  it('of which nothing was ever known is not told as seen last', () => {
    const { report, shown } = one({ first: NOTHING_KNOWN })
    report.onOutcome('a', { kind: 'none' })
    expect(shown).toEqual(['status ', `err no result for a in 40 s; ${NOTHING_KNOWN}`])
  })

  it.each([
    [0, 'usable until 2026-11-21T12:00:00.000Z'],
    [1, 'too late: it was usable until 2026-11-21T12:00:00.000Z'],
  ])(
    'that is solved without the times of its way is told without a duration, %i ms after its use: %s',
    (late, usable) => {
      const usableUntil = '2026-11-21T12:00:00.000Z'
      vi.useFakeTimers({ toFake: ['Date'], now: Date.parse(usableUntil) + late })
      onTestFinished(() => void vi.useRealTimers())
      const { report, shown } = one()
      report.onOutcome('a', came({ ...solved(task), enqueuedAt: undefined, settledAt: undefined, usableUntil }))
      expect(shown.at(-1)).toBe(`err solved by captchaai, ${usable}`)
    },
  )

  it('that nobody ended is one without a result', () => {
    expect(one().report.close()).toBe(4)
  })
})

describe('the report of many tasks', () => {
  it('has a line for each, counts what came, and ends with the highest code', () => {
    const { shown, terminal } = screen(true)
    let now = BEGAN
    const report = reportMany(terminal, false, 6, () => now)
    report.onOutcome('a', { kind: 'none' })
    report.onOutcome('a', came(solved(task)))
    report.onOutcome('a', came(failed(task)))
    report.onOutcome('a', came({ ...solved(task), error: NOT_KEPT }))
    now = BEGAN + 2340
    report.tick()
    report.onOutcome('a', { kind: 'taken' })
    report.onOutcome('a', came(expired(task)))
    now = BEGAN + 5000
    expect(report.close()).toBe(4)
    expect(shown).toEqual([
      'out a\tno result\tnone in time',
      'out a\tsolved\ttoken-of-a',
      'out a\tfailed\tERROR_CAPTCHA_UNSOLVABLE (unsolvable): nobody could solve it',
      expect.stringMatching(/^out a\tno result\tsolved before, but without its solution now: /),
      'status 2.3 s  of 6: 1 solved, 1 failed, 0 expired, 2 without a result',
      `out a\tno result\t${TAKEN}`,
      'out a\texpired\tDEADLINE_EXCEEDED (deadline): the deadline passed',
      'status ',
      'err 6 tasks in 5.0 s: 1 solved, 1 failed, 1 expired, 3 without a result',
    ])
  })

  it('all of them solved is exit code 0, and with --json each line is the result as it came', () => {
    const { shown, terminal } = screen(false)
    const report = reportMany(terminal, true, 2, () => 0)
    report.onOutcome('a', came(solved(task)))
    report.onOutcome('b', came(solved({ taskId: 'b' })))
    expect(report.close()).toBe(0)
    expect(shown.slice(0, 2).map((line) => JSON.parse(line.slice('out '.length)))).toEqual([
      solved(task),
      solved({ taskId: 'b' }),
    ])
  })
})

it('a failed task is failed whatever its code, and a time that cannot be true is not below zero', () => {
  expect(exitCodeOf(resultOf({ ...failed(task), error: NOT_KEPT }))).toBe(1)
  expect(secondsOf(resultOf({ ...solved(task), settledAt: '2026-11-21T07:59:00.000Z' }))).toBe(0)
  expect(secondsOf(resultOf({ ...solved(task), enqueuedAt: undefined }))).toBeUndefined()
})
