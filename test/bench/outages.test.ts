import { describe, expect, it } from 'vitest'
import { mostInFlight, type Observed, report, table } from '../../bench/outages/report.ts'
import type { Result } from '../../functions/core/task/task.ts'
import { NOON } from '../../sim/memory/clock.ts'
import type { LedgerEntry } from '../../sim/provider/account.ts'
import type { SeenRequest } from '../../sim/provider/exchange.ts'

const at = (second: number) => NOON + second * 1000
const iso = (second: number) => new Date(at(second)).toISOString()
const solved = (taskId: string, second: number, captchaId = taskId, attempts = 1): Result => ({
  ...{ taskId, status: 'solved', solution: 's', provider: 'captchaai', captchaId, attempts },
  ...{ enqueuedAt: iso(0), submittedAt: iso(0), settledAt: iso(second) },
})
const charge = (taskId: string): LedgerEntry => ({
  ...{ id: taskId, method: 'userrecaptcha', params: { pageurl: taskId }, at: at(0), dueAt: at(1), solvable: true },
  ...{ answer: 'token', polls: 1, answeredAt: at(1), lost: null },
})
const submit = (second: number, said: string | null = 'OK'): SeenRequest => ({
  ...{ at: at(second), action: 'submit', http: 'POST', keyOk: true, keyInUrl: false, id: null, fault: null },
  ...{ said, ms: 1 },
})
const observed = (change: Partial<Observed>): Observed => ({
  taskIds: ['a', 'b'],
  taskOf: ({ params }) => params.pageurl ?? '',
  results: [solved('a', 1), solved('b', 2)],
  providers: [{ ledger: [charge('a'), charge('b')], requests: [submit(0), submit(0)] }],
  readiness: [{ at: at(0), status: 200 }],
  shut: [],
  waiting: 0,
  trouble: null,
  ...change,
})
const withCharges = (...ids: string[]) => ({ providers: [{ ledger: ids.map(charge), requests: [] }] })

describe('the report of a story', () => {
  it('counts nothing wrong where each task has one result and one charge, and copies of a result are one settlement', () => {
    const seen = observed({ results: [solved('a', 1), solved('b', 2), solved('a', 1)] })
    expect(report(seen)).toMatchObject({ tasks: 2, solved: 2, lost: 0, settledTwice: 0, charges: 2, unexplained: 0 })
  })

  it('finds a task without a result: lost where no message stands for it, open where one does', () => {
    const seen = { results: [solved('a', 1)] }
    expect(report(observed(seen))).toMatchObject({ lost: 1, open: 0, solved: 1 })
    expect(report(observed({ ...seen, waiting: 1 }))).toMatchObject({ lost: 0, open: 1, solved: 1 })
  })

  it('takes one charge of a task without a result as one that its result will tell, and no second', () => {
    const seen = { results: [solved('a', 1)], waiting: 1 }
    expect(report(observed(seen))).toMatchObject({ unexplained: 0 })
    expect(report(observed({ ...seen, ...withCharges('a', 'b', 'b') }))).toMatchObject({ unexplained: 1 })
  })

  it('finds two different settlements of one task', () => {
    const results = [solved('a', 1), solved('a', 3, 'other'), solved('b', 2)]
    expect(report(observed({ results }))).toMatchObject({ settledTwice: 1, lost: 0 })
  })

  it('finds charges beyond the attempts of a result and charges of tasks that nobody sent, and allows possible ones', () => {
    expect(report(observed(withCharges('a', 'a', 'b')))).toMatchObject({ charges: 3, unexplained: 1 })
    expect(report(observed(withCharges('a', 'b', 'c', 'c')))).toMatchObject({ unexplained: 2 })
    const results = [solved('a', 1, 'a', 2), solved('b', 2)]
    expect(report(observed({ ...withCharges('a', 'b'), results }))).toMatchObject({ unexplained: 0 })
  })

  it('counts the submits while the breaker was open or the fleet was paused, and no other', () => {
    const requests = [submit(9), submit(11), submit(19), submit(20), submit(21)]
    const shut = [{ since: at(10), until: at(20) }]
    expect(report(observed({ shut, providers: [{ ledger: [], requests }] }))).toMatchObject({
      submitsWhileShut: 2,
      lastWhileShut: 9,
    })
  })

  it('measures the times from the first refused submit and from the moment when it was mended', () => {
    const refused = [12, 13, 16, 30].map((second) => submit(second, null))
    const requests = [submit(5), ...refused, submit(73)]
    const readiness = [0, 17, 18, 70, 78, 79].map((second) => ({
      at: at(second),
      status: second > 17 && second < 78 ? 503 : 200,
    }))
    const seen = observed({
      ...{ readiness, trouble: { brokenAt: at(10), mendedAt: at(70) } },
      ...{ providers: [{ ledger: [], requests }], results: [solved('a', 1), solved('b', 90)] },
    })
    expect(report(seen)).toMatchObject({ toStop: 4, toNotReady: 6, toReady: 8, toFirstAccepted: 3, toAllSettled: 20 })
  })

  it('has no time for what did not happen: submits that go on, readiness that stays, a task that is open', () => {
    const requests = Array.from({ length: 30 }, (_, second) => submit(second * 2, second > 5 ? null : 'OK'))
    const seen = observed({
      ...{ trouble: { brokenAt: at(10), mendedAt: at(60) }, results: [] },
      ...{ providers: [{ ledger: [], requests }] },
    })
    const none = { toStop: null, toNotReady: null, toReady: null, toFirstAccepted: null, toAllSettled: null }
    expect(report(seen)).toMatchObject(none)
    expect(report(observed({}))).toMatchObject(none)
  })

  it('finds the most tasks at a time that were bought and not settled; one that is never settled stays', () => {
    const bought = (id: string, second: number) => ({ ...charge(id), at: at(second) })
    const ledger = [bought('a', 0), bought('b', 1), bought('c', 3), bought('d', 3)]
    const providers = [{ ledger, requests: [] }]
    expect(mostInFlight(observed({ providers, results: [solved('a', 3), solved('b', 3), solved('c', 9)] }))).toBe(2)
    expect(mostInFlight(observed({ providers, results: [solved('a', 4), solved('c', 9)] }))).toBe(4)
    expect(mostInFlight(observed({ providers: [], results: [] }))).toBe(0)
  })

  it('is a row of Markdown with a dash for what did not happen', () => {
    const text = table([{ story: 'outage', report: report(observed({})), notes: 'quiet' }])
    expect(text.split('\n')).toHaveLength(3)
    expect(text).toContain('| outage | 2 | 2 | 0 | 0 | 0 | 2 | 0 | 2 | 0 | – | – | – | – | – | – | quiet |')
  })
})
