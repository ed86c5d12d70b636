import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Clock, Log, OutcomeStore } from '../core/ports.ts'

export interface OutcomeTable {
  client: DynamoDBClient
  tableName: string
  clock: Clock
  log: Log
}

export function makeOutcomeStore(_table: OutcomeTable): OutcomeStore {
  throw new Error('makeOutcomeStore: being written')
}
