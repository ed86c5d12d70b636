import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import { taskKey } from '../contract.ts'
import { alreadyApplied, present, taskIdOf } from '../core/lifecycle.ts'
import type { Clock, TaskStore } from '../core/ports.ts'
import type { TaskItem } from '../core/task.ts'
import { writeIf } from './dynamo-conditional.ts'
import { parseTaskItem } from './dynamo-task-item.ts'
import { writeOf } from './dynamo-task-writes.ts'
import { inTime } from './in-time.ts'

export interface TaskTable {
  client: DynamoDBClient
  tableName: string
  clock: Clock
}

/** Each event is one conditional write; a read follows only where it was refused. */
export function makeTaskStore({ client, tableName, clock }: TaskTable): TaskStore {
  const read = async (taskId: string, limit = inTime()): Promise<TaskItem | undefined> => {
    const get = { TableName: tableName, Key: marshall(taskKey(taskId)), ConsistentRead: true }
    const { Item } = await client.send(new GetItemCommand(get), limit)
    return Item === undefined ? undefined : present(parseTaskItem(unmarshall(Item)), clock.now())
  }
  return {
    read: (taskId) => read(taskId),
    async apply(event, withinMs) {
      // Without a limit each of the two calls has the usual time; with one they share it.
      const limit = withinMs === undefined ? undefined : inTime(withinMs)
      if (await writeIf(client, tableName, writeOf(event, clock.now()), limit)) return { kind: 'applied' }
      const found = await read(taskIdOf(event), limit)
      return alreadyApplied(found, event) ? { kind: 'applied' } : { kind: 'refused', found }
    },
  }
}
