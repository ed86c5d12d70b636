import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Random, within } from '../support/random.ts'
import type { Account, AccountReply } from './account.ts'
import type { ProviderBehaviour } from './behaviour.ts'
import { encodeAnswer } from './encode-answer.ts'
import { end, loseAnswer, preventsProcessing, sleep, writeFault } from './fault-response.ts'
import { aimOf, type Faults, type Struck } from './faults.ts'
import type { makePingbacks } from './pingbacks.ts'
import { readRequest } from './provider-request.ts'

/** One request as the provider saw it. No key is kept. */
export interface SeenRequest {
  at: number
  /** `submit`, or the action of res.php. */
  action: string
  http: string
  keyOk: boolean
  keyInUrl: boolean
  id: string | null
  /** The kinds of the faults that struck it, joined by `+`. */
  fault: string | null
  /** The code or `OK` that was said; null: nothing was. */
  said: string | null
  /** Until the answer was sent; null: none was. */
  ms: number | null
}

interface World {
  account: Account
  chance: Random
  pingbacks: ReturnType<typeof makePingbacks>
  plan: () => ProviderBehaviour
  faults: Faults
  requests: SeenRequest[]
}

const MOST_REQUESTS = 100_000

/** One request from its first byte to the last byte (or the loss) of its answer. */
export async function exchange(request: IncomingMessage, response: ServerResponse, world: World): Promise<void> {
  const at = Date.now()
  const asked = await readRequest(request)
  if (asked === null) return end(response, 404, 'text/plain', 'not found')
  const { action, key, keyInUrl, params, json } = asked
  const struck = world.faults.strike(aimOf(action), Date.now(), world.plan())
  const { answer: fault, plan } = struck
  const seen = remember(world.requests, {
    ...{ at, action, http: request.method ?? '', keyInUrl, id: params.id ?? null, said: null, ms: null },
    keyOk: world.account.isKey(key),
    fault: struck.kinds.length === 0 ? null : struck.kinds.join('+'),
  })
  response.on('finish', () => {
    seen.ms = Date.now() - at
  })

  if (fault !== null && preventsProcessing(fault)) {
    if (struck.delayMs > 0) await sleep(struck.delayMs)
    return writeFault(fault, response, json, world.chance)
  }
  const said: AccountReply =
    fault?.kind === 'code' ? fault : world.account.answer({ action, key, params }, Date.now(), plan)
  if (said.kind === 'id') accepted(said.id, struck, world, seen)
  await sleep(within(world.chance, action === 'submit' ? plan.submitMs : plan.resultMs) + struck.delayMs)
  const body = encodeAnswer(said, json, plan)
  if (fault?.kind === 'lose') return loseAnswer(fault, response, body, world.chance)
  seen.said = said.kind === 'code' ? said.code : 'OK'
  return end(response, 200, json ? 'application/json' : 'text/plain', body)
}

function accepted(id: string, { answer: fault, plan }: Struck, world: World, seen: SeenRequest): void {
  const charge = world.account.byId.get(id)
  if (charge === undefined) return
  seen.id = id
  if (fault?.kind === 'lose') charge.lost = fault.by
  world.pingbacks.schedule(charge, plan)
}

function remember(requests: SeenRequest[], seen: SeenRequest): SeenRequest {
  requests.push(seen)
  if (requests.length > MOST_REQUESTS) requests.splice(0, MOST_REQUESTS / 10)
  return seen
}
