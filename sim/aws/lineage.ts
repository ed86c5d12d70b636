import { LOOP_INVOCATIONS } from './documented.ts'

/** Function → how often it was invoked along the chain of messages that led here. A client's message has none. */
export type Lineage = Readonly<Record<string, number>>

export const NO_LINEAGE: Lineage = {}

/** An invocation's chain is one link longer than that of its messages. */
export const invoked = (lineage: Lineage, name: string): Lineage => ({ ...lineage, [name]: (lineage[name] ?? 0) + 1 })

/**
 * The lineage of a batch. AWS does not say what becomes of a batch whose messages have chains of different lengths; the
 * longest of each function is the worst that it can be.
 */
export function longest(lineages: readonly Lineage[]): Lineage {
  const joined: Record<string, number> = {}
  for (const lineage of lineages) {
    for (const [name, count] of Object.entries(lineage)) joined[name] = Math.max(joined[name] ?? 0, count)
  }
  return joined
}

/** Whether Lambda takes the next invocation for a link of an endless loop. */
export const isLoop = (lineage: Lineage, name: string): boolean => (lineage[name] ?? 0) >= LOOP_INVOCATIONS
