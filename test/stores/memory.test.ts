import { describe } from 'vitest'
import { memoryTaskStore } from '../../sim/memory/task-store.ts'
import { taskStoreContract } from './task-store-contract.ts'

describe('in memory', () => {
  taskStoreContract(async (clock) => memoryTaskStore(clock.now), { runs: 1000 })
})
