import { CLOSED } from '../breaker/breaker-periods.ts'
import type { Admission, Control, ProviderControl } from './admission.ts'

/** The admission of a fleet that has paid for nothing yet. `providers`: names in order of preference. */
export const initialAdmission = (providers: readonly string[]): Admission => ({
  epoch: 1,
  counts: {},
  control: initialControl(providers),
})

const initialControl = (providers: readonly string[]): Control => ({
  schema: 1,
  mode: 'normal',
  route: { active: providers[0] ?? '', since: 0, badSweeps: 0, goodSweeps: 0 },
  pause: null,
  drainPerSecond: null,
  spend: null,
  providers: Object.fromEntries(providers.map((name) => [name, initialProvider])),
  callbacks: false,
  waits: {},
})

export const initialProvider: ProviderControl = {
  breaker: CLOSED,
  hold: null,
  key: { good: null, refused: null, lease: null },
  threads: null,
  learned: null,
}
