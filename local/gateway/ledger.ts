import { FUNCTIONS, type FunctionName } from '../../functions/contract/functions.ts'
import type { LogSink } from '../support/log-sink.ts'
import type { Right } from './rights.ts'

/** The rights of one function's role, and which of them this run used. */
export interface RightsReport {
  function: FunctionName
  used: RightName[]
  unused: RightName[]
}
export type RightName = Omit<Right, 'sid'>

/** Records which rights were used. */
export function makeLedger(rights: Readonly<Partial<Record<FunctionName, readonly Right[]>>>) {
  const used = new Map<FunctionName, Set<string>>()
  return {
    use(name: FunctionName, sids: readonly string[]): void {
      const own = used.get(name) ?? new Set()
      used.set(name, own)
      for (const sid of sids) own.add(sid)
    },
    report: (): RightsReport[] =>
      namesOf(rights).map((name) => {
        const isUsed = ({ sid }: Right) => used.get(name)?.has(sid) ?? false
        const all = rights[name] ?? []
        return {
          function: name,
          used: all.filter(isUsed).map(rightName),
          unused: all.filter((right) => !isUsed(right)).map(rightName),
        }
      }),
  }
}

const rightName = ({ sid: _, ...right }: Right): RightName => right
const namesOf = (rights: Partial<Record<FunctionName, unknown>>): FunctionName[] =>
  FUNCTIONS.filter((name) => name in rights)

/** Logs one line for each function, for anybody who looks for rights that can be removed. */
export function logUnusedRights(reports: readonly RightsReport[], sink: LogSink): void {
  for (const { function: name, used, unused } of reports) {
    const rights = unused.map(({ action, resource }) => `${action} on ${resource}`)
    const line = {
      level: 'info',
      message: 'rights that this run did not use',
      function: name,
      used: used.length,
      unused: rights,
    }
    sink.line('gateway', JSON.stringify({ time: new Date().toISOString(), ...line }))
  }
}
