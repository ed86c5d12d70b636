import type { IncomingMessage, ServerResponse } from 'node:http'
import { isIP } from 'node:net'
import * as z from 'zod'
import { changePlan, type PlanChange, type ProviderBehaviour } from './behaviour.ts'
import { controlHelp } from './control-help.ts'
import type { RunningFault } from './faults.ts'
import { type FaultOrder, readFaultOrder } from './named-fault.ts'
import { readBody } from './provider-request.ts'

/** What the control endpoint reads and changes of a running simulator. */
interface Controlled {
  ledger(): unknown
  requests(): unknown
  pingbacks(): unknown
  plan(): ProviderBehaviour
  set(change: PlanChange): Promise<void>
  simulate(order: FaultOrder): Promise<RunningFault>
  running(): RunningFault[]
  reset(): Promise<void>
}

/** The simulator's own door: nothing of the provider's protocol, no key needed, loopback only like the rest. */
export async function answerControl(
  request: IncomingMessage,
  response: ServerResponse,
  simulator: Controlled,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://simulator')
  const say = (status: number, body: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(`${JSON.stringify(body)}\n`)
  }
  // The ledger holds what tasks sent, proxy passwords too: no web page may read it under a name of its own.
  if (!isOwnName(request.headers.host)) return say(403, { problem: 'use 127.0.0.1 or localhost' })
  switch (url.pathname) {
    case '/_sim':
    case '/_sim/':
      response.writeHead(200, { 'content-type': 'text/plain' })
      response.end(controlHelp(`http://${request.headers.host ?? 'simulator'}`))
      return
    case '/_sim/ledger':
      return say(200, simulator.ledger())
    case '/_sim/requests':
      return say(200, simulator.requests())
    case '/_sim/pingbacks':
      return say(200, simulator.pingbacks())
    case '/_sim/plan':
      return say(200, simulator.plan())
    case '/_sim/simulate': {
      if (request.method === 'GET') return say(200, simulator.running())
      if (request.method === 'DELETE') return end(simulator, say)
      if (request.method !== 'POST') return say(405, { problem: 'GET, POST a JSON object, or DELETE' })
      const answer = simulate(simulator, await readBody(request))
      return say('problem' in answer ? 400 : 200, answer)
    }
    case '/_sim/set': {
      if (request.method !== 'POST') return say(405, { problem: 'POST a JSON object' })
      const problem = change(simulator, await readBody(request))
      return problem === null ? say(200, simulator.plan()) : say(400, { problem })
    }
    default:
      return say(404, { problem: 'ledger, requests, pingbacks, plan, simulate and set are here' })
  }
}

/** An address, or the one name that is always this machine's; a page that rebinds its name to it has neither. */
function isOwnName(host: string | undefined): boolean {
  const name = (host ?? 'localhost').replace(/:\d+$/, '')
  return name === 'localhost' || isIP(name.replace(/^\[|\]$/g, '')) !== 0
}

// Nothing below awaits the simulator: a change that closes the listener would wait for its own answer.

/** Ends every fault, and answers which ones ran until now. */
function end(simulator: Controlled, say: (status: number, body: unknown) => void): void {
  const ended = simulator.running()
  void simulator.reset()
  say(200, { ended })
}

/** Switches a named fault on, or says what is wrong with the order. */
function simulate(simulator: Controlled, text: string): object | { problem: string } {
  const asked = readObject(text)
  if ('problem' in asked) return asked
  const order = readFaultOrder(asked.object)
  if ('problem' in order) return order
  void simulator.simulate(order)
  const { does, look, seconds } = order
  return { ...simulator.running().find(({ name }) => name === order.name), seconds, does, look }
}

/** Makes the change, or says what is wrong with it. */
function change(simulator: Controlled, text: string): string | null {
  const wanted = readObject(text)
  if ('problem' in wanted) return wanted.problem
  const changed = changePlan(simulator.plan(), wanted.object)
  const door = shutsThisDoor(wanted.object)
    ? ['refuse and drop need forSeconds or untilSeconds here: nobody could take them back']
    : []
  if ('problem' in changed) return [...door, changed.problem].join('; ')
  if (door.length > 0) return door.join('; ')
  // Fields not sent stay untouched.
  const fields = Object.fromEntries(Object.entries(changed.plan).filter(([name]) => name in wanted.object))
  void simulator.set(fields)
  return null
}

function readObject(text: string): { object: Record<string, unknown> } | { problem: string } {
  try {
    const read = z.record(z.string(), z.unknown()).safeParse(JSON.parse(text))
    return read.success ? { object: read.data } : { problem: 'not a JSON object' }
  } catch {
    return { problem: 'not JSON' }
  }
}

const none = z.undefined().optional()
const endless = z.looseObject({ kind: z.enum(['refuse', 'drop']), forSeconds: none, untilSeconds: none })
const shutsThisDoor = ({ faults }: Record<string, unknown>): boolean =>
  Array.isArray(faults) && faults.some((fault) => endless.safeParse(fault).success)
