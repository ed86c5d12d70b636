import { insist } from '../core/insist.ts'
import type { Invocation } from '../core/invocation.ts'
import { comeBack, done, type Journey } from '../core/journey.ts'
import { logSettled } from '../core/log-settled.ts'
import type { MeetSettled } from '../core/meet-settled.ts'
import { heartbeatOf, pollOf, pollOfSettled } from '../core/poll.ts'
import type { Clock, Log, Provider, TaskStore } from '../core/ports.ts'
import type { SettleOpen } from '../core/settle-open.ts'
import { happeningOf, resendable, resultOf, resultSends, storedAnswer } from '../core/settlement.ts'
import type { Standing } from '../core/standing.ts'
import { standingOf } from '../core/standing.ts'
import type { SettledItem } from '../core/task.ts'
import { TABLE_UNREACHABLE } from '../core/waiting-reason.ts'
import { type Arrival, claimantOf } from './arrival.ts'
import type { Park } from './park.ts'
import { type Paid, type Pay, SUBMIT_UNKNOWN } from './pay.ts'
import type { Take } from './take.ts'

/** Most tasks are solved in a third of this. */
const FORGOTTEN_MS = 60_000

const unpaid = (journey: Journey): Paid => ({ journey, keepsReservation: false })

/** What one well-formed task message comes to. */
export function makeReceive(ports: {
  tasks: TaskStore
  clock: Clock
  log: Log
  take: Take
  pay: Pay
  park: Park
  settleOpen: SettleOpen
  meetSettled: MeetSettled
  attempt: () => string
  itemDays: number
  /** Time that one paid call and the writes around it may take: none starts with less left. */
  callSeconds: number
}) {
  const { tasks, clock, log, take, pay, park, settleOpen, meetSettled } = ports

  /** The task is somebody else's, or in another state than a message expects. */
  async function meet(arrival: Arrival, standing: Exclude<Standing, { kind: 'free' }>, run: Invocation) {
    const at = clock.now()
    const { taskId } = arrival.task
    switch (standing.kind) {
      case 'reused': {
        const facts = { taskId, enqueuedAt: arrival.travel.enqueuedAt, charges: 0 }
        const result = resultOf(facts, TASK_ID_REUSED, at)
        return done([{ kind: 'invalid', at, code: TASK_ID_REUSED.code }], ...resultSends(result, 'queue'))
      }
      case 'settled': {
        const { item, mine } = standing
        const { result, reply } = item
        if (mine && meetSettled.isTooEarly(item)) return park(arrival, 'store')
        const counted = await meetSettled.count(item, run.id)
        const poll = mine && meetSettled.isOrphan(item, counted) ? pollOfSettled(item, arrival.message.body) : null
        const again = mine ? resendable(result, reply) : storedAnswer(result, arrival.task.reply)
        return done([{ kind: 'duplicate', at }, ...counted], ...(poll === null ? again : [heartbeatOf(poll)]))
      }
      case 'inFlight': {
        // A client that sends again after so long may be right that nobody looks any more; a second heartbeat is harmless.
        const isForgotten = at >= Math.min(standing.item.deadlineAt, standing.item.submittedAt + FORGOTTEN_MS)
        if (!standing.mine && !isForgotten) return done([{ kind: 'duplicate', at }])
        const poll = pollOf(standing.item, arrival.message.body, true)
        return done([{ kind: 'duplicate', at }], heartbeatOf(poll))
      }
      case 'busy':
        // A client's duplicate is done with: the message that holds the claim is still there. A second delivery of that
        // very message must stay, in case the first one's worker dies.
        if (!standing.mine) return done([{ kind: 'duplicate', at }])
        return park(arrival, 'store', { atLeast: (standing.until - at) / 1000 })
    }
  }

  /** Its deadline passed while it waited: no charge, one result. */
  async function expire(arrival: Arrival, run: Invocation): Promise<Journey> {
    const { task, travel, hash, deadlineAt } = arrival
    const settledAt = clock.now()
    const { taskId, method, reply } = task
    const ending = { kind: 'expired', while: travel.while } as const
    const result = resultOf({ taskId, enqueuedAt: travel.enqueuedAt, charges: 0 }, ending, settledAt)
    const counts = { charges: 0, unknowns: 0, unsolvable: 0, lostIds: 0, httpErrors: 0, lost: [] }
    const item: SettledItem = {
      ...{ taskId, method, hash, attempt: ports.attempt(), origin: travel.origin, enqueuedAt: travel.enqueuedAt },
      ...{ deadlineAt, reply, ttl: Math.ceil(settledAt / 1000) + ports.itemDays * 86_400, ...counts },
      ...{ state: 'expired', result, settledAt, settledBy: null, settledIn: run.id },
    }
    const answer = await insist(clock, () => tasks.apply({ kind: 'settleUnclaimed', item }))
    if (answer.kind === 'applied') {
      logSettled(log, result)
      return done([happeningOf(item)], ...resultSends(result, reply))
    }
    if (answer.found === undefined) return comeBack()
    const standing = standingOf(answer.found, claimantOf(arrival), clock.now())
    if (standing.kind !== 'free') return meet(arrival, standing, run)
    return settleOpen({ ...standing, ending, invocation: run.id })
  }

  return {
    /** Claims and pays. */
    async buy(arrival: Arrival, provider: Provider, run: Invocation): Promise<Paid> {
      if (clock.now() >= arrival.deadlineAt) return unpaid(await expire(arrival, run))
      if (tooLate(run)) return unpaid(park(arrival, 'store', { atLeast: 1 }))
      const taken = await take(arrival, provider.name)
      if (taken.kind === 'untold') {
        const parked = park(arrival, 'store', { unpaid: [taken.attempt], while: TABLE_UNREACHABLE })
        return unpaid({ ...parked, happenings: [{ kind: 'fault', at: clock.now() }, ...parked.happenings] })
      }
      if (taken.kind === 'spentUp') {
        return unpaid(await settleOpen({ ...taken, ending: SUBMIT_UNKNOWN, invocation: run.id }))
      }
      if (taken.kind !== 'claimed') return unpaid(await meet(arrival, taken, run))
      if (!tooLate(run)) return pay(arrival, taken.item, provider, run)
      return unpaid(park(arrival, 'store', { atLeast: 1, unpaid: [taken.item.attempt] }))
    },
    expire,
    /** A redelivery may stand for money already spent: it is looked up although nothing may be bought now. */
    async resume(arrival: Arrival, run: Invocation): Promise<Journey | null> {
      if (arrival.message.receiveCount < 2) return null
      const found = await tasks.read(arrival.task.taskId)
      if (found === undefined) return null
      const standing = standingOf(found, claimantOf(arrival), clock.now())
      return standing.kind === 'free' ? null : meet(arrival, standing, run)
    },
  }

  function tooLate(run: Invocation): boolean {
    return clock.now() + ports.callSeconds * 1000 > run.endsAt
  }
}
export type Receive = ReturnType<typeof makeReceive>

const TASK_ID_REUSED = {
  kind: 'failed',
  code: 'TASK_ID_REUSED',
  class: 'invalid',
  message: 'Another task was sent under this taskId before; this one was not solved. Use a new taskId.',
} as const
