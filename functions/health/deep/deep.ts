import { errorName } from '../../core/error-name.ts'
import type { Clock, DeepRunStore, Ids, Log } from '../../core/ports.ts'
import type { DeepRun } from '../../core/record/deep-run.ts'
import type { RecordReading } from '../../core/record/record.ts'
import type { FunctionFacts } from '../context.ts'
import type { HealthRequest } from '../http.ts'
import { makeLastRun } from './last-run.ts'
import { runProbes } from './probe.ts'
import { freeProbes, paidProbe, type Reached } from './probes.ts'
import { wantsPaidTask } from './run-request.ts'

export type DeepOutcome =
  /** Null: no run has ended yet. */
  | { kind: 'run'; run: DeepRun | null }
  | { kind: 'running'; until: number }
  /** The table does not answer, so the last run is not known and no run may begin. */
  | { kind: 'unreachable' }
  | { kind: 'badRequest' }

interface DeepPorts {
  /** Loaded when the deep view is first asked for. */
  loadRuns: () => Promise<DeepRunStore>
  /** Loaded for each run. */
  loadReached: () => Promise<Reached>
  clock: Clock
  /** Monotonic milliseconds. */
  ticks: () => number
  ids: Pick<Ids, 'secret'>
  log: Log
  /** No run outlives the function, so no run outlives its lease. */
  leaseMs: number
}

export type Deep = (request: HealthRequest, reading: RecordReading) => Promise<DeepOutcome>

/**
 * The deep view behind the token. A POST runs every probe, one run at a time in the whole fleet; any other method shows
 * the last run and costs nothing. Never throws.
 */
export function makeDeep({ loadRuns, loadReached, ...ports }: DeepPorts, self: FunctionFacts): Deep {
  const { clock, ids, log, leaseMs } = ports
  let loading: Promise<DeepRunStore> | undefined
  const runs = () => {
    loading ??= loadRuns()
    return loading
  }
  const lastRun = makeLastRun(async () => (await runs()).read(), ports)

  return async (request, reading) => {
    if (request.method !== 'POST') return lastRun.show()
    const paid = wantsPaidTask(request.body)
    if (paid === null) return { kind: 'badRequest' }
    const id = ids.secret()
    const begun = await begin(id)
    if (begun.kind !== 'begun') return begun
    const run = await probed(begun.reached, { id, paid, ranBy: request.caller }, reading)
    const checks = Object.entries(run.checks).map(([name, { status }]) => `${name}=${status}`)
    log('info', 'deep run', { ranBy: run.ranBy, paid, checks: checks.join(' ') })
    await keep(run)
    return { kind: 'run', run }
  }

  async function begin(id: string): Promise<{ kind: 'begun'; reached: Reached } | DeepOutcome> {
    try {
      const reached = await loadReached()
      const begun = await (await runs()).begin(id, clock.now(), clock.now() + leaseMs)
      return begun.kind === 'begun' ? { ...begun, reached } : begun
    } catch (error) {
      log('warn', 'no deep run could begin', { error: errorName(error) })
      return { kind: 'unreachable' }
    }
  }

  async function probed(
    reached: Reached,
    asked: Pick<DeepRun, 'id' | 'paid' | 'ranBy'>,
    reading: RecordReading,
  ): Promise<DeepRun> {
    const free = freeProbes(reached, reading, self, clock.now)
    const probes = asked.paid ? [...free, paidProbe(reached, reading, asked.id, clock)] : free
    const checks = await runProbes(probes, ports)
    return { ...asked, ranAt: clock.now(), checks }
  }

  /** Whoever asked for the run sees it, also if it cannot be kept. */
  async function keep(run: DeepRun): Promise<void> {
    try {
      const kept = await (await runs()).finish(run)
      if (!kept) log('warn', 'the deep run took longer than its lease and is not kept', {})
    } catch (error) {
      log('warn', 'the deep run is not kept', { error: errorName(error) })
    }
    lastRun.forget()
  }
}
