import type { Clock, Provider, QueueDepths, RecordStore } from '../../core/ports.ts'
import type { RecordReading } from '../../core/record/record.ts'
import { viewOf } from '../../core/record/view.ts'
import { hasIssue, issueCode } from '../../core/rules/issue.ts'
import { isNeeded } from '../checks/provider-check.ts'
import type { FunctionFacts } from '../context.ts'
import { probeAccount } from './account-probe.ts'
import { probePaidTask } from './paid-probe.ts'
import { type Found, OK, type Probe } from './probe.ts'
import { testTask } from './test-task.ts'

/** What the probes call. Made anew for each run, so that a key that was refused before is tried again. */
export interface Reached {
  accounts: readonly Provider[]
  depths: QueueDepths
  record: Pick<RecordStore, 'read'>
  /** The entries of the secret, read now. */
  secret: { read(): Promise<Record<string, string>> }
}

/** Every probe but the paid one ends within this time. */
const FREE_MS = 5_000
/** A paid task is asked for until then; its probe ends a little later, and the function's time limit is later still. */
const PAID_SECONDS = 20
const PAID_MS = 25_000

/** Every probe of a run. Each calls something for real; the sweep is judged by the age of its record. */
export function freeProbes(reached: Reached, reading: RecordReading, self: FunctionFacts, now: () => number): Probe[] {
  const active = lastKnown(reading)?.activeProvider ?? null
  const hard = (name: string, run: () => Promise<Found>): Probe => ({
    name,
    criticality: 'hard',
    limitMs: FREE_MS,
    run,
  })
  return [
    ...reached.accounts.map((account) => ({
      ...hard(`${account.name}Api`, () => probeAccount(account, self.settings.minBalance)),
      criticality: isNeeded(account.name, active, self.providers) ? ('hard' as const) : ('soft' as const),
    })),
    hard('table', async () => {
      await reached.record.read()
      return OK
    }),
    hard('taskQueue', async () => {
      await reached.depths.read('tasks')
      return OK
    }),
    hard('secret', async () => probeSecret(await reached.secret.read(), self.providers)),
    hard('sweep', async () => probeSweep(viewOf(reading, now(), self.settings).issues)),
  ]
}

/** One paid task, at the provider that gets the work now. */
export function paidProbe(reached: Reached, reading: RecordReading, runId: string, clock: Clock): Probe {
  const record = lastKnown(reading)
  const run = async (): Promise<Found> => {
    if (hasIssue(record?.issues ?? [], 'spend_limit')) return NO_BUDGET
    const active = reached.accounts.find(({ name }) => name === record?.activeProvider) ?? reached.accounts[0]
    if (active === undefined) return NO_PROVIDER
    return probePaidTask(active, testTask(`deep-${runId}`), { clock, seconds: PAID_SECONDS })
  }
  return { name: 'paidTask', criticality: 'hard', limitMs: PAID_MS, run }
}

const NO_BUDGET: Found = {
  status: 'unknown',
  error: 'spend_limit',
  reason: 'The spend limit is reached; none was sent.',
}
const NO_PROVIDER: Found = { status: 'unknown', error: 'no_provider', reason: 'No provider is configured.' }

function probeSecret(entries: Record<string, string>, providers: readonly string[]): Found {
  const missing = providers.filter((name) => !Object.hasOwn(entries, name) || entries[name] === '')
  if (missing.length === 0) return OK
  return { status: 'down', error: 'KEY_MISSING', reason: `It holds no API key for ${missing.join(' and ')}.` }
}

function probeSweep(issues: readonly string[]): Found {
  const issue = issues.find((each) => hasIssue([each], 'stale_evidence', 'record_unreadable'))
  if (issue === undefined) return OK
  const reason = 'No sweep has written a readable record for three periods.'
  return { status: 'down', error: issueCode(issue), reason }
}

function lastKnown(reading: RecordReading) {
  if (reading.kind === 'record') return reading.record
  return reading.kind === 'unreachable' ? reading.last : null
}
