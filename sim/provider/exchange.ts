import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Account, Said } from './account.ts'
import type { Aim, Faults, RequestFault } from './faults.ts'
import type { makePingbacks } from './pingbacks.ts'
import type { Plan } from './plan.ts'
import { type Random, within } from './random.ts'
import { HTML_PAGE, hugeBody, spell } from './spelling.ts'

/** One request as the provider saw it. No key is kept. */
export interface SeenRequest {
  at: number
  /** `submit`, or the action of res.php. */
  action: string
  http: string
  keyOk: boolean
  keyInUrl: boolean
  id: string | null
  /** The fault that struck it. */
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
  plan: () => Plan
  faults: () => Faults
  requests: SeenRequest[]
}

const MOST_REQUESTS = 100_000
const MOST_BYTES = 8 * 1024 * 1024
const RESET_AFTER_MS = 20

/** One request from its first byte to the last byte (or the loss) of its answer. */
export async function exchange(request: IncomingMessage, response: ServerResponse, world: World): Promise<void> {
  const at = Date.now()
  const asked = await readRequest(request)
  if (asked === null) return end(response, 404, 'text/plain', 'not found')
  const { action, key, keyInUrl, params, json } = asked
  const fault = world.faults().strike(aimOf(action), Date.now())
  const seen = remember(world.requests, {
    ...{ at, action, http: request.method ?? '', keyInUrl, id: params.id ?? null, said: null, ms: null },
    keyOk: world.account.isKey(key),
    fault: fault?.kind ?? null,
  })
  response.on('finish', () => {
    seen.ms = Date.now() - at
  })

  if (fault !== null && isUntouched(fault)) return strike(fault, response, json, world, seen)
  const said = world.account.answer(action, key, params, Date.now())
  if (said.kind === 'id') accepted(said.id, fault, world, seen)
  const { submitMs, resultMs } = world.plan()
  await sleep(within(world.chance, action === 'submit' ? submitMs : resultMs) + (fault?.kind === 'slow' ? fault.ms : 0))
  const body = spell(said, json, world.plan())
  if (fault?.kind === 'lose') return lose(fault.by, response, body, world)
  seen.said = said.kind === 'code' ? said.code : 'OK'
  return end(response, 200, json ? 'application/json' : 'text/plain', body)
}

/** Faults that strike before anything is done, so that nothing is charged. */
type Untouched = Exclude<RequestFault, { kind: 'slow' | 'lose' }>
const isUntouched = (fault: RequestFault): fault is Untouched => fault.kind !== 'slow' && fault.kind !== 'lose'

const aimOf = (action: string): Aim => (action === 'submit' ? 'submit' : action === 'get' ? 'result' : 'account')

function accepted(id: string, fault: RequestFault | null, world: World, seen: SeenRequest): void {
  const charge = world.account.byId.get(id)
  if (charge === undefined) return
  seen.id = id
  if (fault?.kind === 'lose') charge.lost = fault.by
  world.pingbacks.schedule(charge, world.plan())
}

async function strike(
  fault: Untouched,
  response: ServerResponse,
  json: boolean,
  world: World,
  seen: SeenRequest,
): Promise<void> {
  switch (fault.kind) {
    case 'http':
      if (fault.retryAfter !== undefined) response.setHeader('retry-after', fault.retryAfter)
      if (fault.status < 400) response.setHeader('location', '/elsewhere')
      return end(response, fault.status, 'text/html', HTML_PAGE)
    case 'html':
      return end(response, 200, 'text/html', HTML_PAGE)
    case 'garbage':
      return end(response, 200, 'application/json', garbage(world.chance))
    case 'empty':
      return end(response, 200, 'application/json', '')
    case 'huge':
      return end(response, 200, 'application/json', hugeBody(json))
    case 'code':
      await sleep(within(world.chance, world.plan().submitMs))
      seen.said = fault.code
      return end(
        response,
        200,
        'application/json',
        spell({ kind: 'code', code: fault.code } satisfies Said, json, world.plan()),
      )
    case 'hang':
      return
    case 'reset':
      response.socket?.resetAndDestroy()
      return
  }
}

/** The work is done and its answer does not arrive. */
async function lose(
  by: Extract<RequestFault, { kind: 'lose' }>['by'],
  response: ServerResponse,
  body: string,
  world: World,
): Promise<void> {
  switch (by) {
    case 'hang':
      return
    case 'reset':
      response.socket?.resetAndDestroy()
      return
    case 'cut':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
      response.write(body.slice(0, body.length / 2))
      await sleep(RESET_AFTER_MS)
      response.socket?.destroy()
      return
    case 'garbage':
      return end(response, 200, 'application/json', garbage(world.chance))
    case 'html':
      return end(response, 200, 'text/html', HTML_PAGE)
    case 'empty':
      return end(response, 200, 'application/json', '')
    case 'http':
      return end(response, 502, 'text/html', HTML_PAGE)
  }
}

interface Asked {
  action: string
  key: string | undefined
  keyInUrl: boolean
  params: Record<string, string>
  json: boolean
}

async function readRequest(request: IncomingMessage): Promise<Asked | null> {
  const url = new URL(request.url ?? '/', 'http://simulator')
  if (url.pathname !== '/in.php' && url.pathname !== '/res.php') return null
  const { key, json, ...params } = {
    ...Object.fromEntries(url.searchParams),
    ...Object.fromEntries(new URLSearchParams(await readBody(request))),
  }
  const action = url.pathname === '/in.php' ? 'submit' : (params.action ?? 'get')
  return { action, key, keyInUrl: url.searchParams.has('key'), params, json: json === '1' }
}

export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes <= MOST_BYTES) chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function remember(requests: SeenRequest[], seen: SeenRequest): SeenRequest {
  requests.push(seen)
  if (requests.length > MOST_REQUESTS) requests.splice(0, MOST_REQUESTS / 10)
  return seen
}

function end(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  if (response.destroyed) return
  response.writeHead(status, { 'content-type': type })
  response.end(body)
}

const garbage = (random: Random): Buffer => Buffer.from(Array.from({ length: 300 }, () => Math.floor(random() * 256)))
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
