import type { ErrorClass, ProviderFailure } from '../../../functions/core/provider/error-class.ts'
import { DEPLOYED } from '../fleet/aws.ts'
import { type Played, play, type Scenario } from './scenario.ts'

const failure = (kind: ErrorClass, code: string): ProviderFailure => ({ class: kind, code, message: code })
const BAD_GATEWAY = failure('transient', 'HTTP_502')
const NO_THREAD = failure('capacity', 'ERROR_NO_SLOT_AVAILABLE')
const UNSOLVABLE = failure('unsolvable', 'ERROR_CAPTCHA_UNSOLVABLE')
const between = (from: number, until: number, what: ProviderFailure) => (second: number) =>
  second >= from && second < until ? what : null

/** Stories in which a message leads to a message for the same function more than sixteen times. */
export const LOOPS: readonly Scenario[] = [
  {
    name: 'res.php answers with 502 for 210 s, 100 tasks are paid for',
    tasks: 100,
    deadlineSeconds: 300,
    script: { solveSeconds: 30, poll: between(10, 220, BAD_GATEWAY) },
  },
  {
    name: 'no thread is free for 8 minutes',
    tasks: 20,
    deadlineSeconds: 900,
    script: { solveSeconds: 30, submit: between(0, 480, NO_THREAD) },
  },
  {
    name: 'no thread is free for 5.5 minutes, then the provider cannot solve what it takes for another 50 s',
    tasks: 20,
    deadlineSeconds: 900,
    script: { solveSeconds: 30, submit: between(0, 330, NO_THREAD), poll: between(0, 380, UNSOLVABLE) },
  },
  {
    name: 'polls are not answered for 50 minutes, and each renews its poll message',
    tasks: 10,
    deadlineSeconds: 3600,
    script: { solveSeconds: 30, poll: between(0, 3000, BAD_GATEWAY) },
  },
]

const TERMINATE = { submit: 'Terminate', collect: 'Terminate', pingback: 'Terminate' } as const

/** The same story with Lambda's loop detection on, as it is unless a function is told otherwise, and as deployed. */
export async function compare(scenario: Scenario): Promise<{ detected: Played; allowed: Played }> {
  const recursiveLoop = { ...DEPLOYED.recursiveLoop, ...TERMINATE }
  return { detected: await play(scenario, { deployed: { recursiveLoop } }), allowed: await play(scenario) }
}
