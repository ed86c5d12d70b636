import { deadLetter } from '../core/dead-letter.ts'
import { nameOf } from '../core/error-name.ts'
import { makeInTurn } from '../core/in-turn.ts'
import type { BatchUseCase, Invocation } from '../core/invocation.ts'
import { comeBack, done, type Journey } from '../core/journey.ts'
import type { Happening } from '../core/outcome.ts'
import type { Clock, Log, Message, Outbox } from '../core/ports.ts'
import { problemText } from '../core/problem-text.ts'
import type { RecordOutcome } from '../core/record-outcome.ts'
import { sendAll } from '../core/send-all.ts'
import { resultOf, resultSends } from '../core/settlement.ts'
import type { Priority } from '../core/task.ts'
import { TABLE_UNREACHABLE } from '../core/waiting-reason.ts'
import type { Admission, Admitted } from './admission.ts'
import { type Arrival, type Misfit, readArrival } from './arrival.ts'
import type { Park } from './park.ts'
import type { Receive } from './receive.ts'

/** Of the problems in a log line, characters. */
const LONGEST_LOGGED = 400
const RANK: Record<Priority, number> = { critical: 0, high: 1, normal: 2, low: 3 }

/** The submit function: takes a batch of task messages, buys what may be bought, and loses nothing. */
export function makeSubmit(ports: {
  receive: Receive
  admission: Admission
  park: Park
  outbox: Outbox
  clock: Clock
  log: Log
  digest: (text: string) => string
  recordOutcome: RecordOutcome
  /** The queue's own limit: a message that fails for the last time is dead-lettered by us, with its id and reason. */
  maxReceiveCount: number
}): BatchUseCase {
  const { receive, admission, park, outbox, clock, log } = ports

  async function admit(wanted: number): Promise<Admitted> {
    try {
      return await admission.admit(wanted)
    } catch (error) {
      log('error', 'admission not possible', { error: nameOf(error) })
      return { slots: 0, provider: null, why: 'store', while: TABLE_UNREACHABLE }
    }
  }

  /** One bad record never costs its neighbours: whatever goes wrong, its message is kept. */
  async function handle(arrival: Arrival, admitted: Admitted, slot: boolean, run: Invocation) {
    const { taskId } = arrival.task
    try {
      if (slot && admitted.provider !== null) return await receive.buy(arrival, admitted.provider, run)
      const expired = clock.now() >= arrival.deadlineAt
      const journey = expired ? await receive.expire(arrival, run) : await receive.resume(arrival, run)
      return { journey: journey ?? park(arrival, admitted.why, admitted), keepsReservation: false }
    } catch (error) {
      // The table did not answer: nothing is paid for, the task waits (DESIGN 4: fail closed).
      log('error', 'task kept', { taskId, error: nameOf(error) })
      const parked = park(arrival, 'store', { while: TABLE_UNREACHABLE })
      return { journey: { ...parked, happenings: [fault(), ...parked.happenings] }, keepsReservation: false }
    }
  }

  const fault = (): Happening => ({ kind: 'fault', at: clock.now() })

  function refuse({ message, travel, taskId, problems }: Misfit): Journey {
    const at = clock.now()
    log('warn', 'invalid task', { taskId, problems: problemText(problems, LONGEST_LOGGED) })
    const ending = { kind: 'failed', code: 'INVALID_TASK', class: 'invalid', message: problemText(problems) } as const
    const result = resultOf({ taskId, enqueuedAt: travel.enqueuedAt, charges: 0 }, ending, at)
    const { body, receiveCount } = message
    const letter = deadLetter({ body, code: ending.code, problems, source: 'tasks', receiveCount }, travel)
    const happenings: Happening[] = [
      { kind: 'invalid', at, code: ending.code },
      { kind: 'deadLettered', at },
    ]
    return done(happenings, ...resultSends(result, 'queue'), { queue: 'deadLetters', message: letter })
  }

  /** The last receive that the queue allows has failed: dead-lettered by us, so that a redrive knows the task's id. */
  async function giveUp(arrival: Arrival): Promise<{ kept: boolean; happenings: Happening[] }> {
    const { message, travel } = arrival
    const problems = [`could not be handled in ${message.receiveCount} receives`]
    const { body, receiveCount } = message
    const letter = deadLetter({ body, code: 'FAILED_REPEATEDLY', problems, source: 'tasks', receiveCount }, travel)
    const [sent] = await outbox.send('deadLetters', [letter])
    return { kept: sent !== true, happenings: sent ? [{ kind: 'deadLettered', at: clock.now() }] : [] }
  }

  /** The table does not answer, so not even the time is known: whatever is a task is parked, the rest comes back. */
  async function postpone(messages: Message[]): Promise<string[]> {
    log('error', 'table unreachable, batch kept', { messages: messages.length })
    const journeys = messages.map((message) => {
      const read = readArrival(message, ports.digest)
      return 'arrival' in read ? park(read.arrival, 'store', { while: TABLE_UNREACHABLE }) : comeBack()
    })
    const arrived = await sendAll(outbox, journeys)
    const kept = messages.filter((_, i) => journeys[i]?.end === 'retry' || arrived[i] !== true)
    return kept.map(({ messageId }) => messageId)
  }

  return async (messages, run) => {
    if (run.blind) return postpone(messages)
    const began = clock.now()
    const read = messages.map((message) => readArrival(message, ports.digest))
    const arrivals = read.flatMap((one) => ('arrival' in one ? [one.arrival] : []))
    const waiting = arrivals.filter((arrival) => began < arrival.deadlineAt)
    const admitted = await admit(waiting.length)
    const first = new Set(waiting.sort(byUrgency).slice(0, admitted.slots))

    // Two messages of one task in one batch would each take the other's settlement for its own.
    const inTurn = makeInTurn()
    const handled = await Promise.all(
      read.map(async (one) =>
        'misfit' in one
          ? { journey: refuse(one.misfit), keepsReservation: false }
          : inTurn(one.arrival.task.taskId, () => handle(one.arrival, admitted, first.has(one.arrival), run)),
      ),
    )
    const journeys = handled.map(({ journey }) => journey)
    const arrived = await sendAll(outbox, journeys)
    const unused = admitted.slots - handled.filter(({ keepsReservation }) => keepsReservation).length
    await admission.settle(unused, began).catch((error: unknown) => {
      log('error', 'reservation not given back', { unused, error: nameOf(error) })
    })

    const happenings: Happening[] = arrivals.map(() => ({ kind: 'received', at: began }))
    const failed: string[] = []
    for (const [i, journey] of journeys.entries()) {
      happenings.push(...journey.happenings)
      const one = read[i]
      const message = messages[i]
      if (one === undefined || message === undefined || (arrived[i] && journey.end === 'done')) continue
      if (!arrived[i]) happenings.push(fault())
      if ('arrival' in one && message.receiveCount >= ports.maxReceiveCount) {
        const end = await giveUp(one.arrival)
        happenings.push(...end.happenings)
        if (!end.kept) continue
      }
      failed.push(message.messageId)
    }
    await ports.recordOutcome(run.id, happenings)
    return failed
  }
}

const byUrgency = (a: Arrival, b: Arrival): number =>
  RANK[a.task.priority] - RANK[b.task.priority] || a.travel.enqueuedAt - b.travel.enqueuedAt
