import type { FleetChange } from '../../outcome/change.ts'
import type { Breaker } from '../breaker/breaker-state.ts'
import type { Control, ProviderControl } from '../item/admission.ts'
import { initialProvider } from '../item/initial.ts'
import { isKeyRefused } from '../route/key-rules.ts'

/**
 * What is different in `after`, for people: changes of state only, not each count or time. `causeOfMode`: only a sweep
 * changes the mode, and knows why.
 */
export function changesOf(before: Control, after: Control, at: number, causeOfMode = ''): FleetChange[] {
  if (before === after) return []
  const providers = Object.entries(after.providers).flatMap(([provider, now]) =>
    changesAt(before.providers[provider] ?? initialProvider, now, at).map((change) => ({ at, provider, ...change })),
  )
  return [...providers, ...routeChange(before, after, at), ...modeChange(before, after, at, causeOfMode)]
}

function modeChange({ mode: from }: Control, { mode: to }: Control, at: number, cause: string): FleetChange[] {
  return from === to ? [] : [{ at, what: 'mode', provider: '', from, to, cause }]
}

type ProviderChange = Pick<FleetChange, 'what' | 'from' | 'to' | 'cause'>

function changesAt(before: ProviderControl, after: ProviderControl, at: number): ProviderChange[] {
  const changes: ProviderChange[] = []
  if (before.breaker.state !== after.breaker.state || hasReopened(before.breaker, after.breaker))
    changes.push({
      what: 'breaker',
      from: before.breaker.state,
      to: after.breaker.state,
      cause: causeOf(after.breaker),
    })
  const [heldBefore, heldAfter] = [holdAt(before, at), holdAt(after, at)]
  if (heldBefore !== heldAfter)
    changes.push({ what: 'hold', from: heldBefore, to: heldAfter, cause: after.hold?.code ?? 'the wait is over' })
  const [keyBefore, keyAfter] = [keyState(before), keyState(after)]
  if (keyBefore !== keyAfter)
    changes.push({ what: 'key', from: keyBefore, to: keyAfter, cause: after.key.refused?.code ?? 'accepted' })
  return changes
}

const hasReopened = (before: Breaker, after: Breaker): boolean =>
  before.state === 'open' && after.state === 'open' && before.since !== after.since

function causeOf(breaker: Breaker): string {
  switch (breaker.state) {
    case 'open':
      return breaker.cause
    case 'half_open':
      return 'one probe may be sent'
    case 'closed':
      return 'the probes were good'
  }
}

const holdAt = ({ hold }: ProviderControl, at: number): string =>
  hold !== null && hold.until > at ? hold.class : 'none'
const keyState = ({ key }: ProviderControl): string =>
  isKeyRefused(key) ? 'refused' : key.good === null ? 'untried' : 'good'

function routeChange(before: Control, after: Control, at: number): FleetChange[] {
  const [from, to] = [before.route.active, after.route.active]
  if (from === to) return []
  const left = after.providers[from]
  const cause = left === undefined ? 'not configured any more' : reasonToLeave(left, at)
  return [{ at, what: 'route', provider: '', from, to, cause }]
}

function reasonToLeave(provider: ProviderControl, at: number): string {
  if (provider.breaker.state !== 'closed') return `breaker ${provider.breaker.state}`
  if (isKeyRefused(provider.key)) return 'key refused'
  if (holdAt(provider, at) === 'funds') return 'no funds'
  return provider.threads === 0 ? 'no threads' : 'by the sweeps'
}
