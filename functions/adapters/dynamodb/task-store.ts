import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import { taskKey } from '../../contract/table.ts'
import type { Clock, TaskStore } from '../../core/ports.ts'
import { answerOfRefused, present, taskIdOf } from '../../core/task/lifecycle.ts'
import type { TaskItem } from '../../core/task/task.ts'
import { callDeadline } from '../system/call-deadline.ts'
import { writeIf } from './conditional.ts'
import { parseTaskItem } from './task-item.ts'
import { taskWriteOf } from './task-writes.ts'

interface TaskTable {
  client: DynamoDBClient
  tableName: string
  clock: Clock
}

/** Each transition is one conditional write. The item is read only after the write was refused. */
export function makeTaskStore({ client, tableName, clock }: TaskTable): TaskStore {
  const read = async (taskId: string, limit = callDeadline()): Promise<TaskItem | undefined> => {
    const get = { TableName: tableName, Key: marshall(taskKey(taskId)), ConsistentRead: true }
    const { Item } = await client.send(new GetItemCommand(get), limit)
    return Item === undefined ? undefined : present(parseTaskItem(unmarshall(Item)), clock.now())
  }
  return {
    read: (taskId) => read(taskId),
    async apply(transition, withinMs) {
      // Without a limit, the write and the read each have the usual time. With a limit they share it.
      const limit = withinMs === undefined ? undefined : callDeadline(withinMs)
      if (await writeIf(client, tableName, taskWriteOf(transition, clock.now()), limit)) return { kind: 'applied' }
      const found = await read(taskIdOf(transition), limit)
      return answerOfRefused(found, transition)
    },
  }
}
