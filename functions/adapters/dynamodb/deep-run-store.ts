import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import * as z from 'zod/mini'
import { deepRunKey } from '../../contract/table.ts'
import type { DeepRunStore } from '../../core/ports.ts'
import type { DeepRun } from '../../core/record/deep-run.ts'
import { callDeadline } from '../system/call-deadline.ts'
import { writeIf } from './conditional.ts'
import { storable } from './storable.ts'

/** The last deep run and the lease of the running one, in one item (`fleet`, `deep`). */
export function makeDeepRunStore({ client, tableName }: { client: DynamoDBClient; tableName: string }): DeepRunStore {
  const get = async () => {
    const read = { TableName: tableName, Key: marshall(deepRunKey), ConsistentRead: true }
    const { Item } = await client.send(new GetItemCommand(read), callDeadline())
    return Item === undefined ? {} : unmarshall(Item)
  }
  return {
    read: async () => lastRunOf(await get()),
    async begin(id, now, until) {
      const begun = await writeIf(client, tableName, {
        kind: 'update',
        key: deepRunKey,
        update: 'SET #deepRunId = :id, #deepLeaseUntil = :until',
        // The first alternative is our own write, sent again because its answer was lost.
        condition: '#deepRunId = :id OR attribute_not_exists(#deepLeaseUntil) OR #deepLeaseUntil <= :now',
        values: { ':id': id, ':until': until, ':now': now },
      })
      if (begun) return { kind: 'begun' }
      const { deepLeaseUntil } = await get()
      return { kind: 'running', until: typeof deepLeaseUntil === 'number' ? deepLeaseUntil : now }
    },
    finish: (run) =>
      writeIf(client, tableName, {
        kind: 'update',
        key: deepRunKey,
        update: 'SET #deepRun = :run, #deepLeaseUntil = :free',
        condition: '#deepRunId = :id',
        values: { ':id': run.id, ':run': JSON.stringify(storable(run)), ':free': 0 },
      }),
  }
}

const check = z.object({
  status: z.enum(['ok', 'degraded', 'down', 'unknown']),
  criticality: z.enum(['hard', 'soft']),
  responseMs: z.nullable(z.number()),
  error: z.optional(z.string()),
  reason: z.optional(z.string()),
})
const deepRun = z.object({
  id: z.string(),
  ranAt: z.number(),
  ranBy: z.string(),
  paid: z.boolean(),
  checks: z.record(z.string(), check),
})

/** A run that cannot be read counts as none: whoever sees that runs the probes again. */
function lastRunOf({ deepRun: text }: Record<string, unknown>): DeepRun | null {
  if (typeof text !== 'string') return null
  try {
    const parsed = deepRun.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}
