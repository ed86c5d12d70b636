import { nameOf } from '../core/error-name.ts'
import type { FailureClass, ProviderFailure } from '../core/errors.ts'
import { judgeHttpError } from '../core/http-errors.ts'
import type { Invocation } from '../core/invocation.ts'
import { done, type Journey } from '../core/journey.ts'
import { intervalOf, methodOf } from '../core/methods.ts'
import type { Happening } from '../core/outcome.ts'
import { type Poll, pollOf } from '../core/poll.ts'
import type { Clock, Log, Provider, TaskStore } from '../core/ports.ts'
import type { SettleOpen } from '../core/settle-open.ts'
import { type ClaimedItem, type SubmittedItem, withLostAttempt } from '../core/task.ts'
import { reasonOf } from '../core/waiting-reason.ts'
import type { Admission } from './admission.ts'
import type { Arrival } from './arrival.ts'
import type { Park } from './park.ts'

/** What one attempt came to. `keepsReservation`: it may have cost a charge, so what was reserved for it stays spent. */
export interface Paid {
  journey: Journey
  keepsReservation: boolean
}

/** Longest that a submit which cannot be recorded is tried, the pause between tries, and the time kept back for the sends. */
const RECORD_MS = 3000
const RETRY_MS = 250
const KEPT_BACK_MS = 1000
/** A heartbeat whose submit is not in the table is looked at soon, to repair that. */
const REPAIR_SECONDS = 1

/** Pays for one attempt of a claimed task and makes sure that what was paid for is never forgotten. */
export function makePay(ports: {
  tasks: TaskStore
  clock: Clock
  log: Log
  park: Park
  settleOpen: SettleOpen
  hold: Admission['hold']
  rebuyUnknown: number
  balanceSeconds: number
  firstPollSeconds: number | null
  pollSeconds: number | null
  pingbackUrl: (item: ClaimedItem) => string | undefined
}) {
  const { tasks, clock, log, park, settleOpen } = ports
  /** How long a provider that refuses us as a whole is left alone when it does not say itself. */
  const holdSeconds = { rate: 10, blocked: 60, funds: ports.balanceSeconds }

  /** Milliseconds that a write may take: what is left of the invocation, but for what the sends after it need. */
  const leftForWrites = (endsAt: number) => Math.max(0, Math.min(RECORD_MS, endsAt - KEPT_BACK_MS - clock.now()))

  async function accepted(arrival: Arrival, item: ClaimedItem, provider: string, captchaId: string, endsAt: number) {
    const { taskId, attempt } = item
    const { leaseUntil: _, ...facts } = item
    const submittedAt = clock.now()
    const recordBy = submittedAt + leftForWrites(endsAt)
    const submitted: SubmittedItem = {
      ...facts,
      state: 'submitted',
      charges: item.charges + 1,
      provider,
      captchaId,
      submittedAt,
    }
    const event = { kind: 'submitted', taskId, attempt, provider, captchaId, submittedAt } as const
    let recorded: boolean | null = null
    while (recorded === null) {
      try {
        const answer = await tasks.apply(event, Math.max(0, recordBy - clock.now()))
        recorded = true
        if (answer.kind === 'refused') log('warn', 'accepted too late', { taskId, attempt, provider, captchaId })
      } catch (error) {
        if (clock.now() + RETRY_MS < recordBy) await clock.sleep(RETRY_MS)
        else {
          // The id now lives in this line and in the heartbeat alone.
          log('error', 'submit not recorded', { taskId, attempt, provider, captchaId, error: nameOf(error) })
          recorded = false
        }
      }
    }
    return heartbeat(arrival, pollOf(submitted, arrival.message.body, recorded))
  }

  /** The message that stands for a paid task until it is settled. */
  function heartbeat(arrival: Arrival, poll: Poll): Journey['sends'][number] {
    const first = ports.firstPollSeconds ?? methodOf(arrival.task.method, arrival.task.params).firstPollSeconds
    const left = Math.floor((poll.deadlineAt - clock.now()) / 1000) - 1
    const delaySeconds = poll.recorded ? Math.max(1, Math.min(Math.ceil(first), left)) : REPAIR_SECONDS
    const firstLookAt = clock.now() + delaySeconds * 1000
    const intervalSeconds = intervalOf(poll.method, ports.pollSeconds)
    const body = JSON.stringify({ ...poll, firstLookAt, intervalSeconds } satisfies Poll)
    return { queue: 'polls', message: { body, delaySeconds } }
  }

  /** Best effort: where it fails, the parked copy itself says that the attempt is unpaid. */
  async function release(item: ClaimedItem, endsAt: number): Promise<void> {
    const { taskId, attempt } = item
    const event = { kind: 'release', taskId, attempt, after: 'refusal' } as const
    await tasks.apply(event, leftForWrites(endsAt)).catch((error: unknown) => {
      log('error', 'claim not released', { taskId, attempt, error: nameOf(error) })
    })
  }

  async function refused(
    arrival: Arrival,
    item: ClaimedItem,
    provider: Provider,
    failure: ProviderFailure,
    run: Invocation,
  ) {
    const { attempt } = item
    switch (failure.class) {
      case 'task':
      case 'unsolvable':
      case 'unknown':
      case 'ignore':
      case 'pending': {
        const ending = { kind: 'failed', ...failed(failure) } as const
        const over = { attempt, state: 'claimed' } as const
        return settleOpen({ item, over, ending, provider: provider.name, invocation: run.id })
      }
      case 'rate':
      case 'blocked':
      case 'funds':
        ports.hold(provider.name, failure, failure.retryAfterSeconds ?? holdSeconds[failure.class])
        break
      case 'capacity':
      case 'transient':
      case 'auth':
      case 'uncertain':
        break
    }
    await release(item, run.endsAt)
    const { class: kind, retryAfterSeconds: atLeast } = failure
    return park(arrival, kind, { atLeast, unpaid: [attempt], while: reasonOf(failure, provider.name) })
  }

  /** Counted as the claim is released. Where that cannot be written the claim lapses, and counts as a lost answer. */
  async function httpError(
    arrival: Arrival,
    item: ClaimedItem,
    failure: ProviderFailure,
    reason: string,
    endsAt: number,
  ) {
    const { taskId, attempt } = item
    try {
      await tasks.apply({ kind: 'release', taskId, attempt, after: 'httpError' }, leftForWrites(endsAt))
      return park(arrival, 'transient', { atLeast: failure.retryAfterSeconds, while: reason })
    } catch (error) {
      log('error', 'HTTP error not counted', { taskId, attempt, error: nameOf(error) })
      const lapses = (item.leaseUntil - clock.now()) / 1000
      const atLeast = Math.max(lapses, failure.retryAfterSeconds ?? 0)
      return park(arrival, 'transient', { atLeast, while: reason })
    }
  }

  /** The answer was lost, so the charge is possible: it is counted, and bought again only as the policy says. */
  async function lost(arrival: Arrival, item: ClaimedItem, provider: string, reason: string, run: Invocation) {
    const { taskId, attempt } = item
    try {
      if (item.unknowns + 1 > ports.rebuyUnknown) {
        const spent = withLostAttempt(item, provider)
        const over = { attempt, state: 'claimed' } as const
        return await settleOpen({ item: spent, over, ending: SUBMIT_UNKNOWN, provider, invocation: run.id })
      }
      await tasks.apply({ kind: 'lose', taskId, attempt, provider }, leftForWrites(run.endsAt))
      return park(arrival, 'uncertain', { while: reason })
    } catch (error) {
      // The claim stands until its lease runs out, and then counts as lost all the same.
      log('error', 'lost submit not recorded', { taskId, attempt, error: nameOf(error) })
      return park(arrival, 'uncertain', { atLeast: (item.leaseUntil - clock.now()) / 1000, while: reason })
    }
  }

  return async function pay(arrival: Arrival, item: ClaimedItem, provider: Provider, run: Invocation): Promise<Paid> {
    const { taskId, attempt } = item
    const began = clock.now()
    const said = await provider.submit(arrival.task, ports.pingbackUrl(item))
    const answer = judgeHttpError(said, item.httpErrors)
    const at = clock.now()
    const told = { taskId, attempt, provider: provider.name, milliseconds: at - began }
    const refusal = ({ class: kind, code }: ProviderFailure): Happening => {
      return { kind: 'refused', at, provider: provider.name, class: kind, code }
    }
    const withFact = (fact: Happening, journey: Journey): Journey => ({
      ...journey,
      happenings: [fact, ...journey.happenings],
    })
    switch (answer.kind) {
      case 'accepted': {
        log('info', 'submitted', { ...told, captchaId: answer.captchaId })
        const send = await accepted(arrival, item, provider.name, answer.captchaId, run.endsAt)
        const fact: Happening = { kind: 'accepted', at, provider: provider.name, milliseconds: at - began }
        return { journey: done([fact], send), keepsReservation: true }
      }
      case 'refused': {
        const { failure } = answer
        log('warn', 'submit refused', { ...told, class: failure.class, code: failure.code })
        const journey = await refused(arrival, item, provider, failure, run)
        return { journey: withFact(refusal(failure), journey), keepsReservation: false }
      }
      case 'httpError': {
        const { failure } = answer
        log('warn', 'submit answered with an HTTP error', { ...told, code: failure.code, before: item.httpErrors })
        const journey = await httpError(arrival, item, failure, reasonOf(failure, provider.name), run.endsAt)
        return { journey: withFact(refusal(failure), journey), keepsReservation: true }
      }
      case 'lost': {
        const { failure } = answer
        log('warn', 'submit lost', { ...told, class: failure.class, code: failure.code })
        const journey = await lost(arrival, item, provider.name, reasonOf(failure, provider.name), run)
        return { journey: withFact(refusal(failure), journey), keepsReservation: true }
      }
    }
  }
}
export type Pay = ReturnType<typeof makePay>

export const SUBMIT_UNKNOWN = {
  kind: 'failed',
  code: 'SUBMIT_UNKNOWN',
  class: 'uncertain',
  message: 'The answers to its submits were lost, so it may have been paid for; it is not bought again.',
} as const

const failed = (failure: ProviderFailure): { code: string; class: FailureClass; message: string } => {
  const { code, class: kind, message } = failure
  return { code, class: kind === 'ignore' || kind === 'pending' ? 'unknown' : kind, message }
}
