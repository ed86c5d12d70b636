/** The number of calls since the engine started, by operation: `SendMessageBatch` → 12. */
interface RequestCounts {
  count(target: string | string[] | undefined): void
  read(): Record<string, number>
}

export function makeRequestCounts(): RequestCounts {
  const counts = new Map<string, number>()
  return {
    count(target) {
      const call = typeof target === 'string' ? target.slice(target.lastIndexOf('.') + 1) : ''
      if (call !== '') counts.set(call, (counts.get(call) ?? 0) + 1)
    },
    read: () => Object.fromEntries(counts),
  }
}
