import { classifyReply, submitFailed } from '../../../functions/adapters/provider/replies.ts'
import type { SubmitAnswer } from '../../../functions/core/provider/answers.ts'
import type { ProviderFailure } from '../../../functions/core/provider/error-class.ts'
import { parseSubmit } from '../../../functions/core/provider/parse-answer.ts'
import { PROFILES } from '../../../functions/core/provider/profiles.ts'
import type { Task } from '../../../functions/core/task/task.ts'
import type { Charge } from '../model/charge.ts'
import type { FaultName } from '../model/seed-scenario.ts'
import type { SubmitAsk } from './answers.ts'
import { chargeSubmit } from './charge-submit.ts'
import { failure, type ProviderWorld } from './provider-world.ts'

const NO_THREAD = failure('capacity', 'ERROR_NO_SLOT_AVAILABLE')
const REFUSALS: readonly (readonly [FaultName, ProviderFailure])[] = [
  ['capacity', NO_THREAD],
  ['rate', failure('rate', 'MAX_USER_TURN', { retryAfterSeconds: 10 })],
  ['taskFault', failure('task', 'ERROR_BAD_PARAMETERS')],
  ['unknownCode', failure('unknown', 'ERROR_NEVER_SEEN')],
  ['keyRefused', failure('auth', 'ERROR_KEY_DOES_NOT_EXIST')],
  ['noFunds', failure('funds', 'ERROR_ZERO_BALANCE')],
  ['blocked', failure('blocked', 'IP_BANNED', { retryAfterSeconds: 60 })],
]
/** What the fleet's own adapter makes of a page with this status, in answer to a submit. */
function answeredBy(status: number): SubmitAnswer {
  const reply = { kind: 'answered', status, retryAfter: undefined, body: '<h1>sorry</h1>', bodyError: null } as const
  const read = classifyReply(PROFILES.captchaai, reply, 0)
  return read.kind === 'text' ? parseSubmit(PROFILES.captchaai, read.body) : submitFailed(read)
}
/** Statuses of gateways that gave up waiting, and of those that failed in some other way. */
const TIMEOUTS = [408, 504, 524] as const
const ERRORS = [500, 502, 503] as const
const LOST: SubmitAnswer = { kind: 'lost', failure: failure('uncertain', 'TIMEOUT') }

/** The answer to a submit, by the faults that are drawn. */
export function answerSubmit(world: ProviderWorld, ask: SubmitAsk): SubmitAnswer {
  const { task, provider } = ask
  const { faults, random } = world
  if (world.isDown(provider) || faults.strikes('transient')) return httpError(world, task)
  for (const [fault, refusal] of REFUSALS) if (faults.strikes(fault)) return { kind: 'refused', failure: refusal }
  if (world.isFull(provider)) return { kind: 'refused', failure: NO_THREAD }
  if (faults.strikes('requestLost')) return LOST
  const entry = chargeSubmit(world, ask)
  if (faults.strikes('gatewayTimeout')) return answeredBy(random.pick(TIMEOUTS))
  if (faults.strikes('gatewayError')) return httpError(world, task, entry)
  if (faults.strikes('answerLost')) return LOST
  if (faults.strikes('wrongBody')) return { kind: 'lost', failure: failure('uncertain', 'UNREADABLE') }
  return { kind: 'accepted', captchaId: entry.captchaId }
}

/** An answer that hides whether the submit was charged; `masked`: it was. */
function httpError({ oracle, random }: ProviderWorld, task: Task, masked?: Charge): SubmitAnswer {
  oracle.record({ kind: 'httpError', task, masked: masked ?? null })
  return answeredBy(random.pick(ERRORS))
}
