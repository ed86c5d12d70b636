import type { ProviderName } from '../../../functions/contract/providers.ts'
import type { QueueName } from '../../../functions/core/message/message.ts'
import type { Task } from '../../../functions/core/task/task.ts'
import type { PlanChange } from '../../provider/behaviour.ts'
import type { Random } from '../../support/random.ts'
import type { Trouble } from './trouble.ts'

/** Everything that a seed chooses: what the traffic is like and which faults there are, alone or together. */
export interface SeedScenario {
  tasks: number
  /** Seconds over which clients send their tasks. */
  span: number
  /** Most seconds that a worker's own clock is wrong. */
  skew: number
  /** Most workers of submit and of collect at a time. */
  workers: number
  rebuyUnknown: number
  maxInFlight: number
  spend: { perHour: number | null; perDay: number | null }
  pingback: boolean
  /** Dead letters are moved back in mid-run, perhaps more than once. */
  redrive: boolean
  /** Where the fault `queueDown` is: nothing can be sent to this queue from one second to the other. */
  down: { queue: QueueName; from: number; until: number }
  faults: Partial<Record<FaultName, number>>
  /** Where crashes happen in this seed: at any await (null), or only at those whose name begins so, but often. */
  crashAt: string | null
  /** The call that the table refuses nine times in ten, as long as anything goes wrong; null: none. */
  refusedAt: string | null
  /** Nothing goes wrong and there is room for every task, so that it is known when everything must happen. */
  calm: boolean
  /** Whether the event source of the task queue follows the sweep's gate, as AWS lets it: slowly. */
  gate: boolean
  /** In order of preference. */
  providers: readonly ProviderName[]
  /** What brings the fleet as a whole into trouble; null: nothing. */
  trouble: Trouble | null
  /** What the provider does by the clock, in place of the faults of a provider; null: nothing. */
  script: ProviderScript | null
}

/** A provider without chance: the simulated provider with this plan, its faults by the seconds since the run began. */
export interface ProviderScript {
  plan: PlanChange
  /** The code that refuses a task for its own fault; null: none does. */
  refuses?: (task: Task) => string | null
}

/** Faults by name; the number is the probability at each opportunity. */
export const FAULT_NAMES = [
  // clients and queues
  'sentTwice',
  'sentLate',
  'reusedId',
  'invalidTask',
  'revealed',
  'deleteFails',
  // workers
  'crash',
  'stall',
  'coldStart',
  // table
  'refused',
  'halfway',
  'retried',
  // sends
  'sendFails',
  'sendHalfway',
  'sendTwice',
  'hideFails',
  'queueDown',
  // provider
  'capacity',
  'rate',
  'transient',
  'taskFault',
  'unknownCode',
  'keyRefused',
  'noFunds',
  'blocked',
  'answerLost',
  'requestLost',
  'gatewayTimeout',
  'gatewayError',
  'slowAnswer',
  'wrongBody',
  'unsolvable',
  'lostId',
  'neverSolved',
  'outage',
  // pingback
  'callbackLate',
  'callbackTwice',
  'callbackEarly',
  'callbackForged',
  'callbackMissing',
  // sweep
  'sweepSkipped',
  'sweepTwice',
] as const
export type FaultName = (typeof FAULT_NAMES)[number]

/** How likely a fault is in a seed that has it: from little to much. */
const STRENGTH: Partial<Record<FaultName, readonly [number, number, number]>> = {
  sentTwice: [0.05, 0.2, 0.6],
  reusedId: [0.01, 0.03, 0.1],
  invalidTask: [0.01, 0.05, 0.15],
  revealed: [0.02, 0.1, 0.4],
  crash: [0.001, 0.004, 0.015],
  stall: [0.002, 0.01, 0.05],
  coldStart: [0.05, 0.3, 0.8],
  refused: [0.005, 0.03, 0.12],
  halfway: [0.005, 0.03, 0.12],
  sendFails: [0.01, 0.05, 0.2],
  sendHalfway: [0.01, 0.05, 0.2],
  taskFault: [0.01, 0.03, 0.1],
  unknownCode: [0.01, 0.03, 0.1],
  keyRefused: [0.002, 0.01, 0.03],
  noFunds: [0.002, 0.01, 0.03],
  blocked: [0.002, 0.01, 0.03],
  outage: [1, 1, 1],
  queueDown: [1, 1, 1],
  sweepSkipped: [0.1, 0.3, 0.7],
  sweepTwice: [0.1, 0.3, 1],
}
const USUAL = [0.01, 0.05, 0.2] as const

/** Where a crash is worth aiming at: the awaits around money and messages. */
const TARGETS = [
  'tasks.claim',
  'tasks.submitted',
  'tasks.settle',
  'tasks.release',
  'tasks.lose',
  'tasks.resubmit',
  'provider.submit',
  'provider.result',
  'sender.polls',
  'sender.results',
  'sender.tasks',
  'sender.deadLetters',
  'outcomes.write',
  'visibility',
  'admission',
] as const

export function drawScenario(random: Random, tasks: number): SeedScenario {
  const faults: SeedScenario['faults'] = {}
  const add = (fault: FaultName) => {
    faults[fault] = random.pick(STRENGTH[fault] ?? USUAL)
  }
  const mood = random.next()
  if (mood < 0.3) for (let n = random.between(1, 2); n > 0; n--) add(random.pick(FAULT_NAMES))
  else {
    const share = mood < 0.8 ? 0.3 : 0.8
    for (const fault of FAULT_NAMES) if (random.chance(share)) add(fault)
  }
  const crashAt = random.chance(0.4) ? random.pick(TARGETS) : null
  if (crashAt !== null && faults.crash !== undefined) faults.crash = random.pick([0.05, 0.2])
  const limited = random.chance(0.15)
  return {
    tasks,
    span: random.pick([60, 300, 900]),
    skew: random.chance(0.4) ? 300 : 0,
    workers: random.between(1, 8),
    rebuyUnknown: random.pick([0, 1, 1, 1, 2]),
    maxInFlight: random.pick([20, 100, 100, 1000]),
    spend: limited
      ? { perHour: random.pick([null, 40, 90]), perDay: random.pick([null, 120, 180]) }
      : { perHour: null, perDay: null },
    pingback: random.chance(0.4),
    redrive: random.chance(0.3),
    down: downOf(random),
    faults,
    crashAt,
    refusedAt: null,
    calm: false,
    gate: true,
    providers: ['captchaai'],
    trouble: null,
    script: null,
  }
}

/**
 * Retries hide a refused write unless many follow one another: in one seed of ten they do, where a paid submit is
 * recorded.
 */
export const drawRefusedAt = (random: Random): string | null => (random.chance(0.1) ? 'tasks.submitted' : null)

function downOf(random: Random): SeedScenario['down'] {
  const from = random.between(0, 120)
  return {
    queue: random.pick(['tasks', 'polls', 'polls', 'results']),
    from,
    until: from + random.pick([60, 300, 1500]),
  }
}
