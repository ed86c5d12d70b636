import type { RunLog } from './run-log.ts'
import { isStep, type Step, type StepKind, type StepOf } from './step.ts'

/** What must hold whenever something happens. */
interface Invariant<Name extends string = string> {
  readonly name: Name
  /** The kinds of steps that it looks at. */
  readonly kinds: readonly StepKind[]
  /** What is wrong with this step; null: nothing. The log holds everything that happened before the step. */
  check(step: Step, log: RunLog): string | null
}

/** An invariant that looks at steps of these kinds only. */
export function invariant<const Name extends string, Kind extends StepKind>(
  name: Name,
  kinds: readonly Kind[],
  check: (step: StepOf<Kind>, log: RunLog) => string | null,
): Invariant<Name> {
  return { name, kinds, check: (step, log) => (isStep(step, kinds) ? check(step, log) : null) }
}

/** The first of several that something is wrong with. */
export function firstWrong<T>(all: Iterable<T>, wrong: (one: T) => string | null): string | null {
  for (const one of all) {
    const detail = wrong(one)
    if (detail !== null) return detail
  }
  return null
}
