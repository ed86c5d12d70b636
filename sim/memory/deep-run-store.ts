import type { DeepRunStore } from '../../functions/core/ports.ts'
import type { DeepRun } from '../../functions/core/record/deep-run.ts'

export function memoryDeepRunStore(first: DeepRun | null = null): DeepRunStore {
  let last = first
  let lease: { id: string; until: number } | null = null
  return {
    read: async () => structuredClone(last),
    async begin(id, now, until) {
      if (lease !== null && lease.id !== id && lease.until > now) return { kind: 'running', until: lease.until }
      lease = { id, until }
      return { kind: 'begun' }
    },
    async finish(run) {
      if (lease?.id !== run.id) return false
      last = structuredClone(run)
      lease = { id: run.id, until: 0 }
      return true
    },
  }
}
