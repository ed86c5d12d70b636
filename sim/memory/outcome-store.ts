import { type OutcomeItem, shardOf } from '../../functions/core/outcome/summary.ts'
import type { OutcomeStore } from '../../functions/core/ports.ts'
import { frozen } from '../support/frozen.ts'

export interface MemoryOutcomeStore extends OutcomeStore {
  /** Every item, in the order of its key. */
  all(): OutcomeItem[]
}

export function memoryOutcomeStore(): MemoryOutcomeStore {
  const shards = new Map<number, OutcomeItem[]>()
  const itemsOf = (shard: number) => {
    const items = shards.get(shard) ?? []
    shards.set(shard, items)
    return items
  }
  return {
    all: () => [...shards.values()].flat().sort(byKey),
    async write(item) {
      const items = itemsOf(shardOf(item.invocation))
      let index = items.length
      for (; index > 0; index--) {
        const before = items[index - 1]
        if (before === undefined || byKey(before, item) < 0) break
      }
      const same = items[index]?.at === item.at && items[index]?.invocation === item.invocation
      items.splice(index, same ? 1 : 0, frozen(item))
    },
    async has(invocation, from, to) {
      return itemsOf(shardOf(invocation)).some(
        (item) => item.invocation === invocation && item.at >= from && item.at <= to,
      )
    },
    async list(shard, after, until, limit) {
      const items = itemsOf(shard)
      const later = items.slice(items.findLastIndex(({ at }) => at <= after) + 1)
      const found = later.filter(({ at }) => at <= until)
      const page = found.length > limit ? wholeMoments(found, limit) : found
      return { items: page, more: page.length < found.length }
    },
  }
}

/** At most `limit` items, none left behind that is as old as the last: the next call asks for what is later. */
function wholeMoments(items: OutcomeItem[], limit: number): OutcomeItem[] {
  const cut = items[limit]?.at
  const whole = items.slice(0, limit).filter(({ at }) => at !== cut)
  return whole.length > 0 ? whole : items.filter(({ at }) => at === cut)
}

const byKey = (a: OutcomeItem, b: OutcomeItem): number =>
  a.at - b.at || (a.invocation < b.invocation ? -1 : a.invocation > b.invocation ? 1 : 0)
