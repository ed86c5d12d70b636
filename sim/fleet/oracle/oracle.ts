import type { Environment } from '../fleet/environment.ts'
import type { SeedScenario } from '../model/seed-scenario.ts'
import { InvariantViolation } from './invariant-violation.ts'
import { INVARIANTS, type InvariantName } from './invariants.ts'
import { recordStep } from './record-step.ts'
import { entryOf, makeRunLog, type RunLog } from './run-log.ts'
import type { Step, StepKind } from './step.ts'

/** Writes the log of what really happened and checks, at each step, what must always hold. */
export interface Oracle {
  readonly log: RunLog
  record(step: Step): void
  /** Whose write the table is carrying out. */
  writer: Environment | null
  /** Most invocations of one function along one chain of messages. */
  longestChain: number
  /** The first invariant that broke. */
  readonly violation: InvariantViolation | null
}

export function makeOracle(scenario: SeedScenario, now: () => number, ignore: ReadonlySet<InvariantName>): Oracle {
  const log = makeRunLog(scenario, now)
  const checked = INVARIANTS.filter(({ name }) => !ignore.has(name))
  const byKind = new Map<StepKind, typeof checked>()
  const checkedAt = (kind: StepKind) => entryOf(byKind, kind, () => checked.filter(({ kinds }) => kinds.includes(kind)))
  let violation: InvariantViolation | null = null
  return {
    log,
    writer: null,
    longestChain: 0,
    get violation() {
      return violation
    },
    record(step) {
      for (const { name, check } of checkedAt(step.kind)) {
        if (violation !== null) break
        const detail = check(step, log)
        if (detail !== null) violation = new InvariantViolation(name, detail)
      }
      recordStep(log, step)
    },
  }
}
