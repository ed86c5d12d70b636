import type { Admission } from '../../functions/core/admission/item/admission.ts'
import type { RecordReading } from '../../functions/core/record/record.ts'
import { viewOf } from '../../functions/core/record/view.ts'
import { conditionsOf, DEPLOYED } from '../fleet/fleet/aws.ts'
import { startFleet } from '../fleet/fleet/fleet.ts'
import type { FaultInjector } from '../fleet/model/fault-injector.ts'
import { quietScenario } from '../fleet/model/quiet-scenario.ts'
import type { ProviderScript, SeedScenario } from '../fleet/model/seed-scenario.ts'
import type { Wanted } from '../fleet/oracle/task-history.ts'
import { makeWorld, START, type World } from '../fleet/world.ts'
import { defaultSweepSettings } from '../memory/sweep-settings.ts'
import { seededRandom } from '../support/random.ts'
import { documentsRule, type Reader, type Said, threeStrikesRule } from './readers.ts'
import { type Client, isIn, type Timeline } from './timeline.ts'

export const COMPARED_RULES = ['lifesign', 'documents', 'three strikes'] as const
type RuleName = (typeof COMPARED_RULES)[number]

/** A task that its provider refuses for its own fault. */
const BAD_KEY = 'bad'
const OWN_FAULT = 'ERROR_GOOGLEKEY'

/** Plays a timeline through the real functions in virtual time. Answers what each rule says at each second. */
export async function playTruth(timeline: Timeline): Promise<Record<RuleName, Said[]>> {
  const random = seededRandom(1)
  const deployed = { ...DEPLOYED, pollMaxReceiveCount: 1000, pollRenewReceiveCount: 900 }
  const world = makeWorld(conditionsOf(planOf(timeline), random, ['window'], deployed), random, null, new Set())
  stopSweeps(world, timeline)
  startFleet(world)
  const unsettled = new Set<string>()
  for (const client of timeline.clients) sendFrom(world, client, unsettled)
  const said: Record<RuleName, Said[]> = { lifesign: [], documents: [], 'three strikes': [] }
  const [documents, threeStrikes] = [documentsRule(), threeStrikesRule()]
  const others: [RuleName, Reader][] = [
    ['documents', documents],
    ['three strikes', threeStrikes],
  ]
  const lookAtHealth = healthOf(world, timeline)
  const settledSince = settlementsOf(world, unsettled)
  const balance = world.provider.balanceNow
  for (let second = 0; second < timeline.hours * 3600; second += 1) {
    const look = () => {
      const seen = { second, settled: settledSince(), balance }
      said.lifesign.push(lookAtHealth())
      for (const [name, reader] of others) said[name].push(reader(seen))
    }
    world.virtualTime.at(START + second * 1000, look, true)
  }
  const end = START + timeline.hours * 3_600_000
  await world.virtualTime.run(() => world.virtualTime.now() >= end || world.oracle.violation !== null)
  if (world.oracle.violation !== null) throw world.oracle.violation
  return said
}

const secondOf = ({ virtualTime }: World): number => (virtualTime.now() - START) / 1000

/** What `/health/ready` says: the record as it is read each second, and `unknown` while the table cannot be read. */
function healthOf(world: World, { tableUnreadable }: Timeline): () => Said {
  let last = world.record.stored()
  return () => {
    const [now, second] = [world.virtualTime.now(), secondOf(world)]
    const isDown = tableUnreadable !== undefined && isIn(second, tableUnreadable)
    if (!isDown) last = world.record.stored()
    const failingSince = START + (tableUnreadable?.[0] ?? 0) * 1000
    const reading: RecordReading = isDown
      ? { kind: 'unreachable', failingSince, last, readAt: now }
      : last === null
        ? { kind: 'missing', readAt: now }
        : { kind: 'record', record: last, readAt: now }
    const { status } = viewOf(reading, now, defaultSweepSettings, isDown ? null : admissionOf(world))
    return status === 'degraded' ? 'ready' : status
  }
}

/** What the health function reads beside the record. */
function admissionOf({ admission }: World): Admission | null {
  const stored = admission.stored()
  return stored.kind === 'admission' ? stored.admission : null
}

/** The tasks that settled since the last call, as a worker of the documents would count them. */
function settlementsOf({ oracle }: World, unsettled: Set<string>): () => { solved: boolean }[] {
  return () => {
    const settled: { solved: boolean }[] = []
    for (const taskId of unsettled) {
      const state = oracle.log.tasks.get(taskId)?.settled?.item.state
      if (state === undefined) continue
      unsettled.delete(taskId)
      settled.push({ solved: state === 'solved' })
    }
    return settled
  }
}

/** `unsettled`: where the ids of the tasks are added as they are sent. */
function sendFrom({ virtualTime, queues, oracle, random }: World, client: Client, unsettled: Set<string>): void {
  const {
    during: [from, until],
    every,
    deadlineSeconds = 300,
    bad = false,
  } = client
  const prefix = `${bad ? 'bad' : 'good'}-${from}-${every}`
  for (let at = from, n = 0; at < until; at += every, n += 1) {
    virtualTime.at(START + (at + random.next() * Math.min(every, 5)) * 1000, () => {
      const taskId = `${prefix}-${n}`
      unsettled.add(taskId)
      const task = {
        taskId,
        sitekey: bad ? BAD_KEY : `key-${n}`,
        pageurl: 'https://example.com/login',
        deadlineSeconds,
      }
      const { messageId } = queues.tasks.send({ body: JSON.stringify(task) })
      const [sentAt, deadlineAt] = [virtualTime.now(), virtualTime.now() + deadlineSeconds * 1000]
      const wanted: Wanted = { messageId, payload: task.sitekey, sentAt, deadlineAt, reply: 'queue' }
      oracle.record({ kind: 'wanted', taskId, wanted })
    })
  }
}

/** The one fault of a timeline: the scheduler that does not call the sweep. */
function stopSweeps(world: World, { sweepStops }: Timeline): void {
  const real = world.faults.strikes
  const strikes: FaultInjector['strikes'] = (fault) =>
    fault === 'sweepSkipped' && sweepStops !== undefined ? isIn(secondOf(world), sweepStops) : real(fault)
  world.faults.strikes = strikes
}

function planOf({ clients, provider = [], hours }: Timeline): SeedScenario {
  const tasks = clients.reduce((sum, { during: [from, until], every }) => sum + Math.ceil((until - from) / every), 0)
  const script: ProviderScript = {
    plan: { solveSeconds: 20, faults: [...provider] },
    refuses: ({ sitekey }) => (sitekey === BAD_KEY ? OWN_FAULT : null),
  }
  return { ...quietScenario(tasks, script), span: hours * 3600 }
}
