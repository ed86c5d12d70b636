import { describe } from 'vitest'
import { memoryOutcomeStore } from '../../sim/memory/outcome-store.ts'
import { memoryRecordStore } from '../../sim/memory/record-store.ts'
import { memorySpendStore } from '../../sim/memory/spend-store.ts'
import { memoryTaskStore } from '../../sim/memory/task-store.ts'
import { outcomeStoreContract } from './outcome-store-contract.ts'
import { recordStoreContract } from './record-store-contract.ts'
import { spendStoreContract } from './spend-store-contract.ts'
import { taskStoreContract } from './task-store-contract.ts'

describe('in memory', () => {
  taskStoreContract(async (clock) => memoryTaskStore(clock.now), { runs: 1000 })
  outcomeStoreContract(async () => memoryOutcomeStore(), { runs: 1000 })
  recordStoreContract(async () => memoryRecordStore())
  spendStoreContract(async (limits) => memorySpendStore(limits))
})
