import type { IncomingMessage, ServerResponse } from 'node:http'
import { isIP } from 'node:net'
import { changePlan, type PlanChange, type ProviderBehaviour } from './behaviour.ts'
import { readBody } from './provider-request.ts'

/** What the control endpoint reads and changes of a running simulator. */
interface Controlled {
  ledger(): unknown
  requests(): unknown
  pingbacks(): unknown
  plan(): ProviderBehaviour
  set(change: PlanChange): Promise<void>
}

/** How to look into a running simulator and break it, for the terminal and for GET /_sim/. */
export const controlHelp = (url: string): string => `curl ${url}/_sim/ledger      every charge
curl ${url}/_sim/requests    the latest requests
curl ${url}/_sim/pingbacks   callbacks sent
curl ${url}/_sim/plan        what it is like now
curl ${url}/_sim/set -d '{"faults":[{"kind":"http","status":502,"forSeconds":60}]}'   an outage of one minute
curl ${url}/_sim/set -d '{"faults":[{"kind":"lose","by":"reset","on":"submit","rate":0.1}]}'   charged, and the answer lost
curl ${url}/_sim/set -d '{"faults":[{"kind":"lose","by":"http","status":504,"on":"submit"}]}'   charged, and a gateway answers 504
curl ${url}/_sim/set -d '{"faults":[{"kind":"refuse","forSeconds":30}]}'   nobody listens for half a minute
curl ${url}/_sim/set -d '{"threads":2,"solveRate":0.5,"speed":20}'   few threads, bad and quick solvers
curl ${url}/_sim/set -d '{"keyCode":"ERROR_KEY_DOES_NOT_EXIST"}'   the key is refused; null lets it in again
curl ${url}/_sim/set -d '{"faults":[]}'   all well again
`

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
    case '/_sim/set': {
      if (request.method !== 'POST') return say(405, { problem: 'POST a JSON object' })
      const problem = change(simulator, await readBody(request))
      return problem === null ? say(200, simulator.plan()) : say(400, { problem })
    }
    default:
      return say(404, { problem: 'ledger, requests, pingbacks, plan and set are here' })
  }
}

/** An address, or the one name that is always this machine's; a page that rebinds its name to it has neither. */
function isOwnName(host: string | undefined): boolean {
  const name = (host ?? 'localhost').replace(/:\d+$/, '')
  return name === 'localhost' || isIP(name.replace(/^\[|\]$/g, '')) !== 0
}

/** Makes the change, or says what is wrong with it. */
function change(simulator: Controlled, text: string): string | null {
  let wanted: unknown
  try {
    wanted = JSON.parse(text)
  } catch {
    return 'not JSON'
  }
  const changed = changePlan(simulator.plan(), wanted)
  if ('problem' in changed) return changed.problem
  if (shutsThisDoor(changed.plan)) return 'refuse and drop need forSeconds here: nobody could take them back'
  // Not awaited: a change that closes the listener would wait for its own answer. Fields not sent stay untouched.
  const names = Object.keys(wanted ?? {})
  const fields = Object.fromEntries(Object.entries(changed.plan).filter(([name]) => names.includes(name)))
  void simulator.set(fields)
  return null
}

const shutsThisDoor = (plan: ProviderBehaviour): boolean =>
  plan.faults.some((fault) => (fault.kind === 'refuse' || fault.kind === 'drop') && fault.forSeconds === undefined)
