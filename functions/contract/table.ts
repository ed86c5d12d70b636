export const TABLE = { pk: 'pk', sk: 'sk', ttl: 'ttl' } as const

/** The partition keys of each kind of item, as a pattern of IAM: what a function may touch is said by kind. */
export const PARTITIONS = { tasks: 'task#*', outcomes: 'outcome#*', fleet: 'fleet' } as const

export const taskKey = (taskId: string) => ({ pk: `task#${taskId}`, sk: 'task' })

export const outcomeKey = (shard: number, at: string, invocation: string) => ({
  pk: `outcome#${shard}`,
  sk: `${at}#${invocation}`,
})

export const readinessKey = { pk: 'fleet', sk: 'readiness' } as const

export const admissionKey = { pk: 'fleet', sk: 'admission' } as const

export const deepRunKey = { pk: 'fleet', sk: 'deep' } as const

/**
 * Attributes of that item. No other item of its partition has them, so a function may be allowed to write these alone.
 */
export const DEEP_RUN_ATTRIBUTES = ['deepRunId', 'deepLeaseUntil', 'deepRun'] as const

/** `2026-11-21T13` of an hour, `2026-11-21` of a day: both sort in the order of time. */
export const historyKey = (span: 'hour' | 'day', at: number) => {
  const iso = new Date(at).toISOString()
  const sk = span === 'hour' ? `history#${iso.slice(0, 13)}` : `history-day#${iso.slice(0, 10)}`
  return { pk: 'fleet', sk }
}
