import type { Result } from '../../functions/core/task/task.ts'
import type { LedgerEntry } from '../../sim/provider/account.ts'
import type { SeenRequest } from '../../sim/provider/exchange.ts'

/** Everything that one story shows from outside. Times: milliseconds since 1970. */
export interface Observed {
  taskIds: string[]
  /** Which task a charge is for. */
  taskOf: (charge: LedgerEntry) => string
  results: Result[]
  /** The provider that the story is about comes first. */
  providers: { ledger: LedgerEntry[]; requests: SeenRequest[] }[]
  /** Answers of /health/ready; `status` 0: none came. */
  readiness: { at: number; status: number }[]
  /** When no submit may be sent to the first provider: open breaker, pause. */
  shut: { since: number; until: number }[]
  /** Messages on the task and the poll queue at the end: each stands for a task that is not settled yet. */
  waiting: number
  /** Null: nothing is broken in this story. */
  trouble: { brokenAt: number; mendedAt: number } | null
}

/** Seconds, or null: it did not happen. */
export interface OutageReport {
  tasks: number
  solved: number
  /** Not settled yet when the story ended. */
  open: number
  /** Without a result and without a message that stands for it. */
  lost: number
  settledTwice: number
  charges: number
  unexplained: number
  submits: number
  submitsWhileShut: number
  /** The latest of them came so long after the breaker had opened, or the pause had begun. */
  lastWhileShut: number | null
  toStop: number | null
  toNotReady: number | null
  toReady: number | null
  toFirstAccepted: number | null
  toAllSettled: number | null
}

/** A provider that gets no submit for so long, under traffic, gets none any more. */
const SILENCE_MS = 5000

export function report(seen: Observed): OutageReport {
  const { taskIds, results, providers } = seen
  const [first] = providers
  const submits = (first?.requests ?? []).filter(({ action }) => action === 'submit')
  const settled = new Set(results.map(({ taskId }) => taskId))
  const delays = submits.flatMap(({ at }) =>
    seen.shut.flatMap(({ since, until }) => (at > since && at < until ? at - since : [])),
  )
  const unsettled = taskIds.filter((id) => !settled.has(id)).length
  return {
    tasks: taskIds.length,
    solved: taskIds.filter((id) => results.some(({ taskId, status }) => taskId === id && status === 'solved')).length,
    open: Math.min(unsettled, seen.waiting),
    lost: Math.max(0, unsettled - seen.waiting),
    settledTwice: taskIds.filter((id) => settlements(results, id) > 1).length,
    charges: providers.reduce((sum, { ledger }) => sum + ledger.length, 0),
    unexplained: unexplainedCharges(seen),
    submits: submits.length,
    submitsWhileShut: delays.length,
    lastWhileShut: delays.length === 0 ? null : Math.max(...delays) / 1000,
    ...timesOf(seen, submits, unsettled > 0),
  }
}

type Times = Pick<OutageReport, 'toStop' | 'toNotReady' | 'toReady' | 'toFirstAccepted' | 'toAllSettled'>

function timesOf({ trouble, readiness, results }: Observed, submits: SeenRequest[], open: boolean): Times {
  if (trouble === null)
    return { toStop: null, toNotReady: null, toReady: null, toFirstAccepted: null, toAllSettled: null }
  const { brokenAt, mendedAt } = trouble
  const from = submits.find(({ at, said }) => at >= brokenAt && said !== 'OK')?.at ?? brokenAt
  const red = readiness.find(({ at, status }) => at >= from && status !== 200)?.at ?? null
  const accepted = submits.find(({ at, said }) => at >= mendedAt && said === 'OK')?.at ?? null
  const last = Math.max(...results.map(({ settledAt }) => Date.parse(settledAt)))
  return {
    toStop: since(from, lastBeforeSilence(submits, from, mendedAt)),
    toNotReady: since(from, red),
    toReady: since(mendedAt, readyAgainAt(readiness, brokenAt)),
    toFirstAccepted: since(mendedAt, accepted),
    toAllSettled: open ? null : since(mendedAt, last),
  }
}

const since = (from: number, at: number | null): number | null => (at === null ? null : Math.max(0, at - from) / 1000)

/** Different settlements of one task; copies of one result are equal. */
function settlements(results: Result[], id: string): number {
  const mine = results.filter(({ taskId }) => taskId === id)
  return new Set(mine.map(({ status, settledAt, captchaId }) => `${status} ${settledAt} ${captchaId}`)).size
}

/** Charges that no result tells: more of them than `attempts`. Of a task that is not settled yet one is allowed. */
function unexplainedCharges({ taskIds, taskOf, results, providers }: Observed): number {
  const charges = Map.groupBy(
    providers.flatMap(({ ledger }) => ledger),
    taskOf,
  )
  const told = new Map(results.map(({ taskId, attempts }) => [taskId, attempts]))
  const strange = [...charges].filter(([id]) => !taskIds.includes(id)).reduce((sum, [, all]) => sum + all.length, 0)
  return taskIds.reduce((sum, id) => sum + Math.max(0, (charges.get(id)?.length ?? 0) - (told.get(id) ?? 1)), strange)
}

/** The last submit of the first run of them; null: they never stop before `until`. */
function lastBeforeSilence(submits: SeenRequest[], from: number, until: number): number | null {
  let last = from
  for (const { at } of submits) {
    if (at <= from) continue
    if (at - last >= SILENCE_MS || at >= until) break
    last = at
  }
  return until - last >= SILENCE_MS ? last : null
}

/** When it turned ready for good; null: it was never red, or still is. */
function readyAgainAt(readiness: Observed['readiness'], brokenAt: number): number | null {
  const red = readiness.findLastIndex(({ at, status }) => at >= brokenAt && status !== 200)
  return red < 0 ? null : (readiness[red + 1]?.at ?? null)
}

/** The most charges at a time that were bought and not settled. */
export function mostInFlight({ providers, results }: Observed): number {
  const settledAt = new Map(results.map(({ captchaId, settledAt }) => [captchaId, Date.parse(settledAt)]))
  const changes = providers
    .flatMap(({ ledger }) => ledger)
    .flatMap(({ id, at }) => [
      { at, by: 1 },
      { at: settledAt.get(id) ?? Number.POSITIVE_INFINITY, by: -1 },
    ])
    .sort((a, b) => a.at - b.at || a.by - b.by)
  let [now, most] = [0, 0]
  for (const { by } of changes) {
    now += by
    most = Math.max(most, now)
  }
  return most
}

const COLUMNS: [string, (row: OutageReport) => number | null][] = [
  ['tasks', ({ tasks }) => tasks],
  ['solved', ({ solved }) => solved],
  ['open', ({ open }) => open],
  ['lost', ({ lost }) => lost],
  ['settled twice', ({ settledTwice }) => settledTwice],
  ['charges', ({ charges }) => charges],
  ['unexplained', ({ unexplained }) => unexplained],
  ['submits', ({ submits }) => submits],
  ['while shut', ({ submitsWhileShut }) => submitsWhileShut],
  ['the last of them after s', ({ lastWhileShut }) => lastWhileShut],
  ['s to stop', ({ toStop }) => toStop],
  ['s refused → not ready', ({ toNotReady }) => toNotReady],
  ['s mended → ready', ({ toReady }) => toReady],
  ['s mended → first accepted', ({ toFirstAccepted }) => toFirstAccepted],
  ['s mended → all settled', ({ toAllSettled }) => toAllSettled],
]

/** Markdown. A dash: it did not happen. */
export function table(rows: { story: string; report: OutageReport; notes: string }[]): string {
  const cells = rows.map(({ story, report: row, notes }) => [
    story,
    ...COLUMNS.map(([, pick]) => spelled(pick(row))),
    notes,
  ])
  const head = ['story', ...COLUMNS.map(([name]) => name), 'notes']
  return [head, head.map(() => '---'), ...cells].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

const spelled = (value: number | null): string =>
  value === null ? '–' : Number.isInteger(value) ? String(value) : value.toFixed(1)
