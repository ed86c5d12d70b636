import { initialAdmission } from '../../functions/core/admission/item/initial.ts'
import type { QueueDepths } from '../../functions/core/ports.ts'
import { type MemoryAdmissionStore, memoryAdmissionStore } from '../memory/admission-store.ts'
import { memoryDepths } from '../memory/depths.ts'
import { type MemoryOutcomeStore, memoryOutcomeStore } from '../memory/outcome-store.ts'
import { type MemoryQueues, memoryQueues } from '../memory/queues.ts'
import { type MemoryRecordStore, memoryRecordStore } from '../memory/record-store.ts'
import { type MemoryTaskStore, memoryTaskStore } from '../memory/task-store.ts'
import type { Random } from '../support/random.ts'
import type { Aws, Conditions } from './fleet/aws.ts'
import { laggingCounts } from './fleet/lagging-counts.ts'
import { type FaultInjector, makeFaultInjector } from './model/fault-injector.ts'
import type { SeedScenario } from './model/seed-scenario.ts'
import { makeVirtualTime, type Trace, type VirtualTime } from './model/virtual-time.ts'
import type { InvariantName } from './oracle/invariants.ts'
import { makeOracle, type Oracle } from './oracle/oracle.ts'
import { makeSimulatedProvider, type SimulatedProvider } from './provider/simulated-provider.ts'

/** Everything outside the workers: time, table, queues, provider, and the oracle that knows what really happened. */
export interface World {
  scenario: SeedScenario
  aws: Aws
  random: Random
  virtualTime: VirtualTime
  faults: FaultInjector
  oracle: Oracle
  queues: MemoryQueues
  /** The queues' counts as the fleet reads them. */
  depths: QueueDepths
  tasks: MemoryTaskStore
  outcomes: MemoryOutcomeStore
  record: MemoryRecordStore
  admission: MemoryAdmissionStore
  provider: SimulatedProvider
  trace: Trace | null
}

/** 12:34 on a Saturday: hours and days end in the middle of nothing. */
export const START = Date.UTC(2026, 10, 21, 12, 34)

export function makeWorld(
  { scenario, aws }: Conditions,
  random: Random,
  trace: ((line: string) => void) | null,
  ignore: ReadonlySet<InvariantName>,
): World {
  const virtualTime = makeVirtualTime(START)
  const now = virtualTime.now
  const faults = makeFaultInjector(scenario, random.fork())
  const traceStep: Trace | null =
    trace === null ? null : (who, what) => trace(`${clockTime(now() - START)} ${who.padEnd(12)} ${what}`)
  const oracle = makeOracle(scenario, now, ignore)
  const tasks = memoryTaskStore(now, (transition, before, after) => {
    traceStep?.('table', `${after.taskId} ${transition.kind}: ${before?.state ?? 'absent'} → ${after.state}`)
    oracle.record({ kind: 'wrote', transition, before, after, writer: oracle.writer })
  })
  const { inFlightMessages, deployed } = aws
  const { pollMaxReceiveCount } = deployed
  const queues = memoryQueues(now, { pollMaxReceiveCount, inFlightMessages })
  const accept = queues.deadLetters.accept
  queues.deadLetters.accept = (message) => {
    oracle.record({ kind: 'exhausted', messageId: message.messageId })
    accept(message)
  }
  const provider = makeSimulatedProvider({
    scenario,
    virtualTime,
    faults,
    oracle,
    random: random.fork(),
    trace: traceStep,
  })
  return {
    scenario,
    aws,
    random,
    virtualTime,
    faults,
    oracle,
    queues,
    depths: aws.shown.has('lag') ? laggingCounts(queues, virtualTime, aws.random.fork()) : memoryDepths(queues),
    tasks,
    outcomes: memoryOutcomeStore(),
    record: memoryRecordStore(),
    admission: memoryAdmissionStore(
      { kind: 'admission', admission: initialAdmission(scenario.providers) },
      (admission) => oracle.record({ kind: 'admitted', admission }),
    ),
    provider,
    trace: traceStep,
  }
}

const clockTime = (milliseconds: number): string => {
  const seconds = (milliseconds / 1000).toFixed(3).padStart(9)
  return `${seconds}s`
}
