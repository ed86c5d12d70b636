import { afterEach, beforeEach, describe, vi } from 'vitest'
import { makeAdmissionStore } from '../../functions/adapters/dynamodb/admission-store.ts'

import { makeDeepRunStore } from '../../functions/adapters/dynamodb/deep-run-store.ts'

import { makeHistoryStore } from '../../functions/adapters/dynamodb/history-store.ts'

import { makeOutcomeStore } from '../../functions/adapters/dynamodb/outcome-store.ts'
import { makeRecordStore } from '../../functions/adapters/dynamodb/record-store.ts'
import { makeTaskStore } from '../../functions/adapters/dynamodb/task-store.ts'
import type { RunningEngine } from '../engines/engine.ts'
import { admissionRequests } from './admission-requests.ts'
import { admissionStoreContract } from './admission-store-contract.ts'
import { deepRunStoreContract } from './deep-run-store-contract.ts'
import { dynamoFaults } from './dynamo-faults.ts'
import { dynamoRequests } from './dynamo-requests.ts'
import { dynamoServerClock } from './dynamo-server-clock.ts'
import { historyStoreContract } from './history-store-contract.ts'
import { outcomeStoreContract } from './outcome-store-contract.ts'
import { recordStoreContract } from './record-store-contract.ts'
import { createTable } from './table.ts'
import { taskStoreContract } from './task-store-contract.ts'

interface DynamoEngine {
  runs: number
  /** Whether a refused write is answered with the item that it did not fit, as DynamoDB does. */
  tellsRefused: boolean
}

/** Every suite of the table's stores; an engine runs them all. */
export function dynamoSuites(running: () => RunningEngine, { runs, tellsRefused }: DynamoEngine): void {
  const table = () => createTable(running().endpoint)
  describe('contracts', () => {
    // They tell who wins and what is stored, and no call ends because fifty at once keep a busy machine for seconds.
    beforeEach(() => {
      vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => new AbortController().signal)
    })
    afterEach(() => {
      vi.mocked(AbortSignal.timeout).mockRestore()
    })
    taskStoreContract(async (clock) => makeTaskStore({ ...(await table()), clock }), { runs })
    outcomeStoreContract(async (clock) => makeOutcomeStore({ ...(await table()), clock, log: () => {} }), { runs })
    recordStoreContract(async () => makeRecordStore(await table()))
    deepRunStoreContract(async () => makeDeepRunStore(await table()))
    historyStoreContract(async () => makeHistoryStore(await table()))
    admissionStoreContract(async () => makeAdmissionStore(await table()))
  })
  describe('admission requests', () => admissionRequests(running, { tellsRefused }))
  describe('requests', () => dynamoRequests(running))
  describe('faults', () => dynamoFaults(running))
  describe('server clock', () => dynamoServerClock(running))
}
