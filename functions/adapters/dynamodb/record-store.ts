import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import { readinessKey } from '../../contract/table.ts'
import type { RecordStore } from '../../core/ports.ts'
import type { ReadinessRecord } from '../../core/record/record.ts'
import { callDeadline } from '../system/call-deadline.ts'
import { randomIds } from '../system/ids.ts'
import { type ConditionalWrite, writeIf } from './conditional.ts'
import { parseRecord } from './record-item.ts'

/**
 * Keeps the readiness record in one item. The fields that other programs read (`status`, `mode`, `activeProvider`,
 * `issues`) and the fence (`version`) are attributes. The whole record is JSON text beside them, so that every record
 * that was written can be read. `writeId` tells two sweeps apart that write the same.
 */
export function makeRecordStore({ client, tableName }: { client: DynamoDBClient; tableName: string }): RecordStore {
  const get = async () => {
    const read = { TableName: tableName, Key: marshall(readinessKey), ConsistentRead: true }
    const { Item } = await client.send(new GetItemCommand(read), callDeadline())
    return Item === undefined ? undefined : unmarshall(Item)
  }
  return {
    async read() {
      const item = await get()
      if (item === undefined) return { record: null }
      const read = parseRecord(item)
      return 'record' in read ? read : { ...read, version: typeof item.version === 'number' ? item.version : null }
    },
    async write(record, previous) {
      const writeId = randomIds.secret()
      if (await writeIf(client, tableName, recordWriteOf(record, writeId, previous))) return true
      // The SDK may have sent it twice, and the first one's answer was lost.
      return (await get())?.writeId === writeId
    },
  }
}

function recordWriteOf(record: ReadinessRecord, writeId: string, previous: number | null): ConditionalWrite {
  const { status, mode, activeProvider, issues, version, sweptAt } = record
  const shown = { status, mode, activeProvider, issues, version, sweptAt }
  const item = { ...readinessKey, ...shown, record: JSON.stringify(record), writeId }
  return previous === null
    ? { kind: 'put', item, condition: 'attribute_not_exists(#version)' }
    : { kind: 'put', item, condition: '#version = :previous', values: { ':previous': previous } }
}
