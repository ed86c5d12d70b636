import type { AwsLimit } from '../../aws/documented.ts'
import type { PlanChange } from '../../provider/behaviour.ts'
import { seededRandom } from '../../support/random.ts'
import { conditionsOf, DEPLOYED, type Deployed } from '../fleet/aws.ts'
import { startFleet } from '../fleet/fleet.ts'
import { quietScenario } from '../model/quiet-scenario.ts'
import type { Wanted } from '../oracle/task-history.ts'
import { makeWorld, START, type World } from '../world.ts'

/** One story, without chance: tasks that are all sent at known times, and a provider without chance. */
export interface Scenario {
  name: string
  tasks: number
  /** Seconds between two tasks; default: all at once. */
  everySeconds?: number
  deadlineSeconds: number
  /** What the simulated provider is like; its faults by the seconds since the first task was sent. */
  plan: PlanChange
}

/** What became of it. Times are seconds since the first task was sent. */
export interface Played {
  solved: number
  failed: number
  expired: number
  /** Tasks that had no result a minute after their deadline. */
  withoutResult: number
  /** Of those, the ones that were paid for. */
  paidWithoutResult: number
  /** Messages that the queues themselves gave up. */
  exhausted: number
  /** Batches that Lambda refused, by why. */
  refusals: ReadonlyMap<string, number>
  longestChain: number
  lastResultAt: number
  /** When all its messages were gone from both queues: until then they count as tasks that wait or are in flight. */
  queuesEmptyAt: number
  /** Seconds from when each solution was there to its result, in the order of the results. */
  lateness: readonly number[]
}

const HOUR = 3600

interface Told {
  deployed?: Partial<Deployed>
  shown?: readonly AwsLimit[]
  maxInFlight?: number
}

export async function play(
  scenario: Scenario,
  { deployed, shown = ['recursion', 'window'], maxInFlight = 100 }: Told = {},
): Promise<Played> {
  const random = seededRandom(1)
  const limits = { ...DEPLOYED, pollMaxReceiveCount: 1000, pollRenewReceiveCount: 900, ...deployed }
  const world = makeWorld(
    conditionsOf({ ...quietScenario(scenario.tasks, { plan: scenario.plan }), maxInFlight }, random, shown, limits),
    random,
    null,
    new Set(),
  )
  startFleet(world)
  const sentAt = sendAll(world, scenario)
  const lastDeadline = sentAt + scenario.deadlineSeconds * 1000
  let [withoutResult, paidWithoutResult, queuesEmptyAt] = [0, 0, 0]
  world.virtualTime.at(lastDeadline + 60_000, () => {
    const untold = [...world.oracle.log.tasks.values()].filter(({ results }) => results.length === 0)
    withoutResult = untold.length
    paidWithoutResult = untold.filter(({ charges }) => charges.length > 0).length
  })
  await world.virtualTime.run(() => {
    const now = world.virtualTime.now()
    if (world.queues.tasks.held.size + world.queues.polls.held.size > 0) queuesEmptyAt = 0
    else if (queuesEmptyAt === 0) queuesEmptyAt = now
    return now > lastDeadline + 61_000 && (queuesEmptyAt > 0 || now > START + 100 * HOUR * 1000)
  })
  return { ...resultsOf(world), withoutResult, paidWithoutResult, queuesEmptyAt: (queuesEmptyAt - START) / 1000 }
}

function resultsOf({ oracle, queues }: World) {
  const { log } = oracle
  const results = [...queues.results.held.values()]
  const tasks = [...log.tasks.values()]
  const ended = (state: string) => tasks.filter(({ settled }) => settled?.item.state === state).length
  return {
    solved: ended('solved'),
    failed: ended('failed'),
    expired: ended('expired'),
    exhausted: log.exhausted.length,
    refusals: log.refusals,
    longestChain: oracle.longestChain,
    lastResultAt: (Math.max(START, ...results.map(({ sentAt }) => sentAt)) - START) / 1000,
    lateness: log.lateness,
  }
}

/** Sends a task at this second of the story. */
export function sendTask(
  { virtualTime, queues, oracle }: World,
  { taskId, second, deadlineSeconds }: { taskId: string; second: number; deadlineSeconds: number },
): void {
  virtualTime.at(START + second * 1000, () => {
    const payload = { sitekey: `key-${taskId}`, pageurl: 'https://example.com/login' }
    const { messageId } = queues.tasks.send({ body: JSON.stringify({ taskId, ...payload, deadlineSeconds }) })
    const sentAt = virtualTime.now()
    const deadlineAt = sentAt + deadlineSeconds * 1000
    const wanted: Wanted = { messageId, payload: payload.sitekey, sentAt, deadlineAt, reply: 'queue' }
    oracle.record({ kind: 'wanted', taskId, wanted })
  })
}

/** Answers when the last one is sent. */
function sendAll(world: World, { tasks, everySeconds = 0, deadlineSeconds }: Scenario): number {
  for (let n = 0; n < tasks; n++) sendTask(world, { taskId: `t${n}`, second: n * everySeconds, deadlineSeconds })
  return START + (tasks - 1) * everySeconds * 1000
}
