import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { SpendStore } from '../core/ports.ts'

export interface SpendTable {
  client: DynamoDBClient
  tableName: string
  /** Charges allowed per UTC hour and day; null: no limit. With neither, nothing is ever read or written. */
  perHour: number | null
  perDay: number | null
}

export function makeSpendStore(_table: SpendTable): SpendStore {
  throw new Error('makeSpendStore: being written')
}
