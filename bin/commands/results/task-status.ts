import { GetItemCommand } from '@aws-sdk/client-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import * as z from 'zod/mini'
import { taskKey } from '../../../functions/contract/table.ts'
import type { Target } from '../fleet/target.ts'
import { asResult, type ReceivedResult } from './result-message.ts'

/** The status of a task, from the attributes of its item that other programs may read (docs/contracts.md, "Table"). */
export interface TaskStatus {
  state: string
  provider?: string
  /** The result of a settled task. It has a solution only for reply record or both. */
  result?: ReceivedResult
}
export type ReadTaskStatus = (taskId: string) => Promise<TaskStatus | undefined>

const itemSchema = z.looseObject({
  state: z.string(),
  provider: z.optional(z.string()),
  result: z.optional(z.unknown()),
})

/** Undefined if the table is unknown. The reader throws if the table does not answer. */
export async function taskStatusReader(target: Pick<Target, 'table'>): Promise<ReadTaskStatus | undefined> {
  const table = await target.table()
  if (table === null) return undefined
  return async (taskId) => {
    const Key = marshall(taskKey(taskId))
    const { Item } = await table.client.send(new GetItemCommand({ TableName: table.name, Key }))
    return Item === undefined ? undefined : status(unmarshall(Item))
  }
}

function status(item: unknown): TaskStatus | undefined {
  const { data } = itemSchema.safeParse(item)
  if (data === undefined) return undefined
  const result = asResult(data.result)
  return { state: data.state, ...(data.provider && { provider: data.provider }), ...(result && { result }) }
}
