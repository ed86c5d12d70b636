import { seededRandom } from '../../support/random.ts'
import { conditionsOf, DEPLOYED } from '../fleet/aws.ts'
import { startFleet } from '../fleet/fleet.ts'
import { quietScenario } from '../model/quiet-scenario.ts'
import { makeWorld, START } from '../world.ts'
import { sendTask } from './scenario.ts'

const DAY = 86_400
const DOWN_FROM = 300
const EVERY_SECONDS = 300
const DEADLINE_SECONDS = 3600
/** Sent in the last minutes of the outage: more than the fleet works off in ten minutes. */
const BACKLOG = 2000
const BACKLOG_FROM = DAY - 600
const SOLVE_SECONDS = 30

interface DayDown {
  tasks: number
  withoutResult: number
  deadLetters: number
  /** Messages that a queue itself gave up. */
  exhausted: number
  /** Submits that were charged during the outage. */
  boughtWhileDown: number
  /** Seconds from the end of the outage until the first task was bought again. */
  firstBoughtAfter: number
  /** Mean number of tasks in flight between 5 and 8 minutes after the outage, as a share of the limit. */
  shareOfLimit: number
  broken: string | null
}

/** Nothing answers for a day, and nobody does anything about it. The event source follows the gate as on AWS. */
export async function dayDown(maxInFlight = 100, seed = 1): Promise<DayDown> {
  const random = seededRandom(seed)
  const fault = { kind: 'http', status: 502, on: 'any', fromSeconds: DOWN_FROM, untilSeconds: DAY } as const
  const tasks = Math.floor(DAY / EVERY_SECONDS) + BACKLOG
  const quiet = quietScenario(tasks, { plan: { solveSeconds: SOLVE_SECONDS, threads: 1000, faults: [fault] } })
  const scenario = { ...quiet, maxInFlight, gate: true }
  const deployed = { ...DEPLOYED, pollMaxReceiveCount: 1000, pollRenewReceiveCount: 900 }
  const world = makeWorld(conditionsOf(scenario, random, ['recursion', 'window'], deployed), random, null, new Set())
  const { virtualTime, oracle, queues, provider } = world
  startFleet(world)
  for (let n = 0; n < tasks; n += 1) {
    const late = n - (tasks - BACKLOG)
    const second = late < 0 ? n * EVERY_SECONDS : BACKLOG_FROM + (late * 300) / BACKLOG
    sendTask(world, { taskId: `t${n}`, second, deadlineSeconds: DEADLINE_SECONDS })
  }
  const inFlight: number[] = []
  for (let second = DAY + 300; second < DAY + 480; second += 1)
    virtualTime.at(START + second * 1000, () => inFlight.push(oracle.log.inFlight.size), true)
  const end = START + (DAY + DEADLINE_SECONDS + 120) * 1000
  await virtualTime.run(() => virtualTime.now() >= end || oracle.violation !== null)
  const bought = provider.ledger.map(({ at }) => (at - START) / 1000)
  return {
    tasks,
    withoutResult: [...oracle.log.tasks.values()].filter(({ results }) => results.length === 0).length,
    deadLetters: queues.deadLetters.held.size,
    exhausted: oracle.log.exhausted.length,
    boughtWhileDown: bought.filter((second) => second > DOWN_FROM + 1 && second < DAY).length,
    firstBoughtAfter: Math.min(...bought.filter((second) => second >= DAY)) - DAY,
    shareOfLimit: inFlight.reduce((sum, count) => sum + count, 0) / inFlight.length / maxInFlight,
    broken: oracle.violation?.message ?? null,
  }
}
