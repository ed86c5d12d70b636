import type { Settings } from '../../../contract/settings.ts'
import type { Control, ProviderControl, Route } from '../item/admission.ts'
import { isKeyRefused } from './key-rules.ts'

export type DwellSetting = Pick<Settings, 'dwellSeconds'>
type RouteSettings = Pick<Settings, 'dwellSeconds' | 'failoverSweeps' | 'failbackSweeps'>

/**
 * Whether new tasks may go to this provider. A rate limit or a full plan is no reason to spend money elsewhere, so
 * neither is asked here; a plan without any thread is one.
 */
export const isUsable = ({ breaker, key, hold, threads }: ProviderControl, now: number): boolean =>
  breaker.state === 'closed' && !isKeyRefused(key) && !(hold?.class === 'funds' && hold.until > now) && threads !== 0

/**
 * The route after a change of a provider: at once to the first usable one where the active one is not usable. `order`:
 * names in order of preference. At most one change in `dwellSeconds`, whatever the providers do.
 */
export function rerouted(control: Control, order: readonly string[], now: number, dwell: DwellSetting): Route {
  const { route, providers } = control
  const usable = order.filter((name) => isUsableIn(providers, name, now))
  if (usable.includes(route.active)) return route
  return switched(route, usable[0] ?? fallback(route, order), order, now, dwell)
}

/** A route to a provider that is not configured any more leads to the first one. */
const fallback = (route: Route, order: readonly string[]): string =>
  order.includes(route.active) ? route.active : (order[0] ?? route.active)

/** What one sweep found: whether the active provider does its work, and which other ones would. */
interface SweepFinding {
  isActiveBad: boolean
  good: ReadonlySet<string>
}

/**
 * The route after a sweep: away from the active provider after `failoverSweeps` bad sweeps, and back to a preferred one
 * after `failbackSweeps` in which it was usable and good.
 */
export function routeAfterSweep(
  control: Control,
  order: readonly string[],
  { isActiveBad, good }: SweepFinding,
  now: number,
  settings: RouteSettings,
): Route {
  const { route, providers } = control
  const isGood = (name: string) => good.has(name) && isUsableIn(providers, name, now)
  const preferred = order.slice(0, Math.max(0, order.indexOf(route.active))).find(isGood)
  const other = order.find((name) => name !== route.active && isGood(name))
  const isBad = isActiveBad || !isUsableIn(providers, route.active, now)
  const badSweeps = isBad ? route.badSweeps + 1 : 0
  const goodSweeps = preferred === undefined ? 0 : route.goodSweeps + 1
  const counted: Route = { ...route, badSweeps, goodSweeps }
  if (preferred !== undefined && goodSweeps >= settings.failbackSweeps)
    return switched(counted, preferred, order, now, settings)
  if (other !== undefined && badSweeps >= settings.failoverSweeps) return switched(counted, other, order, now, settings)
  return counted
}

function switched(route: Route, to: string, order: readonly string[], now: number, dwell: DwellSetting): Route {
  if (to === route.active) return route
  const mayLeave = now - route.since >= dwell.dwellSeconds * 1000 || !order.includes(route.active)
  return mayLeave ? { active: to, since: now, badSweeps: 0, goodSweeps: 0 } : route
}

const isUsableIn = (providers: Control['providers'], name: string, now: number): boolean => {
  const provider = providers[name]
  return provider !== undefined && isUsable(provider, now)
}
