import { accessOf, type GatewayFacts, inputOf, operationOf } from './access-of.ts'
import type { Authorizer } from './authorizer.ts'
import type { Access, Call, Caller, EngineAnswer } from './call.ts'
import { INVALID_TOKEN, refusalBody } from './refusals.ts'
import { signedBy } from './sign.ts'

/** A request as it was received. */
type Request = Pick<Call, 'headers' | 'method' | 'path' | 'body'>
type Checked = { kind: 'allowed'; call: Call } | { kind: 'refused'; answer: EngineAnswer }

/**
 * Identifies the caller and the call, and checks whether the caller's role allows the call. If not, the answer is AWS's
 * own refusal.
 */
export type Checker = (request: Request) => Promise<Checked>

interface CheckerOptions {
  /** Access key id → caller. */
  callers: ReadonlyMap<string, Caller>
  authorizer: Authorizer
  known: GatewayFacts
  onDenied: (caller: Caller, access: Access, message: string) => void
  onUsed: (caller: Caller, rights: readonly string[]) => void
}

export const makeChecker =
  (options: CheckerOptions): Checker =>
  async (request) => {
    const { headers, method, path, body } = request
    const refused = (...about: Parameters<typeof refusalBody>): Checked => ({
      kind: 'refused',
      answer: refusalBody(...about),
    })
    const signed = signedBy(headers)
    const service = signed?.service
    if (signed === undefined || service === undefined)
      return refused(service ?? 'secretsmanager', 'unsigned', 'Request is missing Authentication Token')
    const caller = options.callers.get(signed.accessKeyId)
    if (caller === undefined) return refused(service, 'unknownCaller', INVALID_TOKEN)
    const input = inputOf(body, headers['content-encoding'])
    if (input === undefined) return refused(service, 'unreadable', 'the body is not a JSON object')
    const operation = operationOf({ service, headers, method, path })
    const call: Call = { ...request, caller, service, operation, input }
    const denied = await checkAll(options, call)
    return denied === undefined ? { kind: 'allowed', call } : refused(service, 'denied', denied)
  }

/** Refuses everybody; used until the callers are known. */
export const refuseAll: Checker = async ({ headers }) => ({
  kind: 'refused',
  answer: refusalBody(signedBy(headers)?.service ?? 'secretsmanager', 'unknownCaller', INVALID_TOKEN),
})

/** The message of the first refusal; undefined if everything is allowed. */
async function checkAll({ authorizer, known, onDenied, onUsed }: CheckerOptions, call: Call) {
  for (const access of accessOf(call, known)) {
    const decision = await authorizer.check(call.caller, access)
    if (decision.kind === 'denied') {
      onDenied(call.caller, access, decision.message)
      return decision.message
    }
    onUsed(call.caller, decision.rights)
  }
  return undefined
}
