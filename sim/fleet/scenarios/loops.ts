import type { FaultInput } from '../../provider/fault-kinds.ts'
import { DEPLOYED } from '../fleet/aws.ts'
import { type Played, play, type Scenario } from './scenario.ts'

const badGateway = (fromSeconds: number, untilSeconds: number): FaultInput => ({
  ...{ kind: 'http', status: 502, on: 'result', fromSeconds, untilSeconds },
})
const noThread = (untilSeconds: number): FaultInput => ({
  ...{ kind: 'code', code: 'ERROR_NO_SLOT_AVAILABLE', on: 'submit', untilSeconds },
})
const unsolvable = (untilSeconds: number): FaultInput => ({
  ...{ kind: 'code', code: 'ERROR_CAPTCHA_UNSOLVABLE', on: 'result', untilSeconds },
})
const plan = (...faults: FaultInput[]) => ({ solveSeconds: 30, faults })

/** Stories in which a message leads to a message for the same function more than sixteen times. */
export const LOOPS: readonly Scenario[] = [
  {
    name: 'res.php answers with 502 for 28 minutes, 100 tasks are paid for',
    tasks: 100,
    deadlineSeconds: 1800,
    plan: plan(badGateway(10, 1690)),
  },
  {
    name: 'no thread is free for 8 minutes',
    tasks: 20,
    deadlineSeconds: 900,
    plan: plan(noThread(480)),
  },
  {
    name: 'no thread is free for 5.5 minutes, then the provider cannot solve what it takes for another 50 s',
    tasks: 20,
    deadlineSeconds: 900,
    plan: plan(noThread(330), unsolvable(380)),
  },
  {
    name: 'polls are not answered for 50 minutes, and each renews its poll message',
    tasks: 10,
    deadlineSeconds: 3600,
    plan: plan(badGateway(0, 3000)),
  },
]

const TERMINATE = { submit: 'Terminate', collect: 'Terminate', pingback: 'Terminate' } as const

/** The same story with Lambda's loop detection on, as it is by default, and as deployed. */
export async function compare(scenario: Scenario): Promise<{ detected: Played; allowed: Played }> {
  const recursiveLoop = { ...DEPLOYED.recursiveLoop, ...TERMINATE }
  return { detected: await play(scenario, { deployed: { recursiveLoop } }), allowed: await play(scenario) }
}
