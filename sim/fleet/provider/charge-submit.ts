import { logNormal } from '../../support/random.ts'
import type { Charge } from '../model/charge.ts'
import type { FaultInjector } from '../model/fault-injector.ts'
import type { FaultName } from '../model/seed-scenario.ts'
import type { SubmitAsk } from './answers.ts'
import type { ProviderWorld } from './provider-world.ts'

/** Each fault that decides what becomes of a charge, in the order in which they are drawn. */
const FATES: readonly (readonly [FaultName, Charge['fate']])[] = [
  ['unsolvable', 'unsolvable'],
  ['lostId', 'lostId'],
  ['neverSolved', 'never'],
  ['taskFault', 'taskFault'],
  ['unknownCode', 'unknownCode'],
]
const fateOf = (faults: FaultInjector): Charge['fate'] =>
  FATES.find(([fault]) => faults.strikes(fault))?.[1] ?? 'solved'

/** Adds what a submit is charged to the ledger, with what will become of it. */
export function chargeSubmit(world: ProviderWorld, { task, pingbackUrl, environment, provider }: SubmitAsk): Charge {
  const { virtualTime, faults, random, ledger } = world
  const number = 7_000_000_000 + ledger.length
  const captchaId = random.chance(0.5) ? String(number) : `c${number}`
  const at = virtualTime.now()
  const fate = fateOf(faults)
  const text = `solution of ${captchaId}`
  const solution = task.method === 'geetest' ? { challenge: text, validate: 'v', seccode: 's' } : text
  const readyAt = at + Math.min(180, logNormal(random, 14, 0.7)) * 1000
  const entry: Charge = {
    captchaId,
    provider,
    task,
    at,
    fate,
    solution,
    readyAt,
    pendingAt: at,
    pingbackUrl,
    calledLate: false,
  }
  world.keep(entry, environment)
  if (pingbackUrl !== undefined) callBack(world, entry, pingbackUrl)
  return entry
}

/** On time, early, late, twice, never, or by somebody who guesses. */
function callBack(world: ProviderWorld, charge: Charge, url: string): void {
  const { faults, random } = world
  const { captchaId, fate, readyAt, at } = charge
  const { pathname } = new URL(url)
  const call = (when: number, path = pathname, id = captchaId) => world.callAt(when, path, id)
  if (faults.strikes('callbackForged')) {
    call(at + random.next() * 30_000, pathname.replace(/[^/]+$/, 'f'.repeat(32)))
    call(at + random.next() * 30_000, pathname.replace('/t', '/x'))
    call(at + random.next() * 30_000, pathname, '999')
  }
  if (faults.strikes('callbackEarly')) call(at + random.next() * (readyAt - at))
  if (fate === 'never' || faults.strikes('callbackMissing')) return
  const on = readyAt + 50 + random.next() * 300
  const late = faults.strikes('callbackLate')
  const twice = faults.strikes('callbackTwice')
  charge.calledLate = late || twice
  call(late ? on + random.next() * 600_000 : on)
  if (twice) call(on + random.next() ** 4 * 600_000)
}
