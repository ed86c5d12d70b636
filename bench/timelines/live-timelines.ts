import type { FaultInput } from '../../sim/provider/fault-kinds.ts'
import type { Client, Interval, Timeline } from '../../sim/truth/timeline.ts'

interface LiveTimeline extends Timeline {
  /** Minutes of false green and false red of the best rule that was ever measured on it; null: never measured. */
  best: readonly [green: number, red: number] | null
}

const MINUTE = 60
const trouble: Interval = [15 * MINUTE, 35 * MINUTE]
const always: Interval = [0, 24 * 3600]
const during = ([fromSeconds, untilSeconds]: Interval) => ({ fromSeconds, untilSeconds })
const badGateway = (span: Interval, on: 'any' | 'account' = 'any'): FaultInput => ({
  ...{ kind: 'http', status: 502, on, ...during(span) },
})
const refusal = (span: Interval, code: string): FaultInput => ({ kind: 'code', code, on: 'submit', ...during(span) })
const override = (span: Interval, plan: Extract<FaultInput, { kind: 'override' }>['plan']): FaultInput => ({
  ...{ kind: 'override', plan, ...during(span) },
})
const steady = (untilMinute: number): Client => ({ during: [0, untilMinute * MINUTE], every: 5 })
const burst = (minute: number): Client => ({ during: [minute * MINUTE, minute * MINUTE + 50], every: 0.5 })
const minutes = (count: number) => count / 60

/** By name. What may happen in a time that a timeline does not bound is not played: each lasts less than an hour. */
export const LIVE_TIMELINES: Readonly<Record<string, Omit<LiveTimeline, 'name' | 'detection'>>> = {
  'outage-5xx': {
    ...{ hours: minutes(50), clients: [steady(50)], best: [0.7, 2.2] },
    ...{ provider: [badGateway(trouble)], broken: [trouble] },
  },
  'never-solves': {
    ...{ hours: minutes(50), clients: [steady(50)], best: [3.2, 3.2] },
    ...{ provider: [override(trouble, { solveSeconds: 24 * 3600 })], broken: [trouble] },
  },
  'key-refused': {
    ...{ hours: minutes(50), clients: [steady(50)], best: [0.1, 7.2] },
    ...{ provider: [override(trouble, { keyCode: 'ERROR_KEY_DOES_NOT_EXIST' })], broken: [trouble] },
  },
  // Only this client sends, so the provider refuses every task for the task's own fault.
  'bad-client': {
    ...{ hours: minutes(40), clients: [{ during: [0, 30 * MINUTE], every: 1 }], best: [0, 0] },
    ...{ provider: [refusal(always, 'ERROR_GOOGLEKEY')], broken: [] },
  },
  bursts: { hours: minutes(50), clients: [burst(1), burst(17), burst(34)], broken: [], best: [0, 0] },
  'outage-into-idle': {
    ...{ hours: minutes(55), clients: [steady(20)], best: [0.6, 2.1] },
    ...{ provider: [badGateway(trouble)], broken: [trouble] },
  },
  capacity: {
    ...{ hours: minutes(50), clients: [{ during: [0, 50 * MINUTE], every: 20, deadlineSeconds: 3600 }], best: null },
    provider: [{ ...refusal(trouble, 'ERROR_NO_SLOT_AVAILABLE'), everySeconds: 30, forSeconds: 20 }],
    broken: [],
  },
  'balance-unreadable': {
    ...{ hours: minutes(50), clients: [{ during: [0, 50 * MINUTE], every: 10 }], best: null },
    ...{ provider: [badGateway(trouble, 'account')], broken: [] },
  },
  'silent-then-one': {
    clients: [0, 40].map((minute) => ({ during: [minute * MINUTE, minute * MINUTE + 1], every: 1 })),
    ...{ hours: minutes(50), broken: [], best: null },
  },
}
