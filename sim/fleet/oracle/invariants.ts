import { ADMISSION } from './invariants/admission.ts'
import { CAPACITY } from './invariants/capacity.ts'
import { DEAD_LETTERS } from './invariants/dead-letters.ts'
import { GATE } from './invariants/gate.ts'
import { KEYS } from './invariants/keys.ts'
import { MONEY } from './invariants/money.ts'
import { ORDER } from './invariants/order.ts'
import { OUTCOMES } from './invariants/outcomes.ts'
import { PROMPTNESS } from './invariants/promptness.ts'
import { RESULTS } from './invariants/results.ts'
import { ROUTER } from './invariants/router.ts'
import { RUN } from './invariants/run.ts'
import { SCHEDULE } from './invariants/schedule.ts'
import { SETTLEMENT } from './invariants/settlement.ts'
import { USABLE_UNTIL } from './invariants/usable-until.ts'

/** Every invariant of the simulation, in the order in which they are checked. */
export const INVARIANTS = [
  ...ADMISSION,
  ...GATE,
  ...ROUTER,
  ...CAPACITY,
  ...KEYS,
  ...MONEY,
  ...SETTLEMENT,
  ...RESULTS,
  ...USABLE_UNTIL,
  ...PROMPTNESS,
  ...ORDER,
  ...SCHEDULE,
  ...DEAD_LETTERS,
  ...OUTCOMES,
  ...RUN,
] as const

export type InvariantName = (typeof INVARIANTS)[number]['name']

export const isInvariantName = (name: string): name is InvariantName =>
  INVARIANTS.some((invariant) => invariant.name === name)
