import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import { spendKey } from '../../contract/table.ts'
import type { SpendStore } from '../../core/ports.ts'
import { callDeadline } from '../system/call-deadline.ts'
import { writeIf } from './conditional.ts'

interface SpendTable {
  client: DynamoDBClient
  tableName: string
  /**
   * Charges allowed per UTC hour and per UTC day; null means no limit. If both are null, the store makes no read and no
   * write.
   */
  perHour: number | null
  perDay: number | null
}

const KEPT_SECONDS = 3 * 86_400

const unlimited: SpendStore = {
  reserve: async (wanted) => ({ reserved: wanted, limit: null }),
  release: async () => {},
  reached: async () => null,
}

/**
 * Counts the reserved charges in one item per UTC day: `total`, and `h00` to `h23`. If a reply is lost, the counters
 * err towards spending less: a reservation may count twice, and a release is never sent twice.
 */
export function makeSpendStore({ client, tableName, perHour, perDay }: SpendTable): SpendStore {
  if (perHour === null && perDay === null) return unlimited
  const most = { hour: perHour ?? Number.MAX_SAFE_INTEGER, day: perDay ?? Number.MAX_SAFE_INTEGER }

  const room = async (now: number, consistent: boolean) => {
    const { key, hour } = placeOf(now)
    const get = { TableName: tableName, Key: marshall(key), ConsistentRead: consistent }
    const { Item } = await client.send(new GetItemCommand(get), callDeadline())
    const spent: Record<string, unknown> = Item === undefined ? {} : unmarshall(Item)
    return { hour: most.hour - countOf(spent[hour]), day: most.day - countOf(spent.total) }
  }
  /** Checks both limits in one condition. A counter that does not exist yet counts as 0. */
  const add = (count: number, now: number) => {
    const { key, hour } = placeOf(now)
    const fits = (name: string, limit: string) => `(attribute_not_exists(#${name}) OR #${name} <= ${limit})`
    return writeIf(client, tableName, {
      kind: 'update',
      key,
      update: `ADD #total :count, #${hour} :count SET #ttl = :ttl`,
      condition: `${fits('total', ':day')} AND ${fits(hour, ':hour')}`,
      values: {
        ':count': count,
        ':ttl': Math.floor(now / 1000) + KEPT_SECONDS,
        ':day': most.day - count,
        ':hour': most.hour - count,
      },
    })
  }

  return {
    async reserve(wanted, now) {
      const first = Math.min(wanted, most.hour, most.day)
      if (first <= 0) return { reserved: 0, limit: null }
      if (first === wanted && (await add(first, now))) return { reserved: first, limit: null }
      const { hour, day } = await room(now, true)
      const limit = hour <= day ? 'hour' : 'day'
      const left = Math.min(wanted, hour, day)
      if (left <= 0 || !(await add(left, now))) return { reserved: 0, limit }
      return { reserved: left, limit: left < wanted ? limit : null }
    },
    async release(count, at) {
      if (count <= 0) return
      const { key, hour } = placeOf(at)
      await writeIf(client, tableName, {
        kind: 'update',
        key,
        update: `ADD #total :back, #${hour} :back`,
        condition: `#total >= :count AND #${hour} >= :count`,
        values: { ':back': -count, ':count': count },
        once: true,
      })
    },
    async reached(now) {
      const { hour, day } = await room(now, false)
      return hour <= 0 ? 'hour' : day <= 0 ? 'day' : null
    },
  }
}

function placeOf(at: number) {
  const iso = new Date(at).toISOString()
  return { key: spendKey(iso.slice(0, 10)), hour: `h${iso.slice(11, 13)}` }
}

const countOf = (value: unknown): number => (typeof value === 'number' ? value : 0)
