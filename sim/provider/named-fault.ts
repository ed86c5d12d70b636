import type { FaultInput } from './fault-kinds.ts'
import { FAULT_PARAMETERS, readValues } from './fault-parameters.ts'
import { NAMED_FAULTS, type NamedFault } from './fault-table.ts'

/** A named fault with its parameters. */
export interface FaultOrder {
  name: string
  from: number
  seconds: number
  does: string
  look: string
  faults: FaultInput[]
}

const DEFAULT_SECONDS = 60

/** The names of what a fault takes, in the order of the table of parameters. */
export const parametersOf = (fault: NamedFault): string[] =>
  FAULT_PARAMETERS.map(({ name }) => name).filter((name) => ['seconds', 'from'].includes(name) || name in fault.takes)

/** Reads `{ name, seconds, .. }`, or answers every problem in one sentence. */
export function readFaultOrder(asked: Readonly<Record<string, unknown>>): FaultOrder | { problem: string } {
  const { name, ...given } = asked
  const fault = typeof name === 'string' && Object.hasOwn(NAMED_FAULTS, name) ? NAMED_FAULTS[name] : undefined
  if (typeof name !== 'string' || fault === undefined) {
    const names = Object.keys(NAMED_FAULTS).join(', ')
    return {
      problem: `${name === undefined ? 'name is missing' : `no fault ${JSON.stringify(name)}`}; there are ${names}`,
    }
  }
  const taken = parametersOf(fault)
  const strange = Object.keys(given).filter((key) => !taken.includes(key))
  const mine = Object.fromEntries(Object.entries(given).filter(([key]) => taken.includes(key)))
  const read = readValues(mine)
  const problems = [
    ...strange.map((key) => `${name} takes no ${key}, only ${taken.join(', ')}`),
    ...('problems' in read ? read.problems : []),
  ]
  if ('problems' in read || problems.length > 0) return { problem: problems.join('; ') }
  const { seconds = DEFAULT_SECONDS, from = 0, ...values } = read.values
  const { does, look, takes, faults } = fault
  return { name, from, seconds, does, look, faults: faults({ ...takes, ...values }) }
}
