import { describe } from 'vitest'
import { memoryAdmissionStore } from '../../sim/memory/admission-store.ts'
import { memoryClock } from '../../sim/memory/clock.ts'
import { memoryDeepRunStore } from '../../sim/memory/deep-run-store.ts'
import { memoryDepths } from '../../sim/memory/depths.ts'
import { memoryHistoryStore } from '../../sim/memory/history-store.ts'
import { memoryOutbox } from '../../sim/memory/outbox.ts'
import { memoryOutcomeStore } from '../../sim/memory/outcome-store.ts'
import { memoryQueues } from '../../sim/memory/queues.ts'
import { memoryRecordStore } from '../../sim/memory/record-store.ts'
import { memoryTaskStore } from '../../sim/memory/task-store.ts'
import { memoryVisibility } from '../../sim/memory/visibility.ts'
import { admissionStoreContract } from './admission-store-contract.ts'

import { deepRunStoreContract } from './deep-run-store-contract.ts'

import { historyStoreContract } from './history-store-contract.ts'

import { outcomeStoreContract } from './outcome-store-contract.ts'
import { queueContract } from './queue-contract.ts'
import { recordStoreContract } from './record-store-contract.ts'
import { taskStoreContract } from './task-store-contract.ts'

describe('in memory', () => {
  taskStoreContract(async (clock) => memoryTaskStore(clock.now), { runs: 1000 })
  outcomeStoreContract(async () => memoryOutcomeStore(), { runs: 1000 })
  recordStoreContract(async () => memoryRecordStore())
  admissionStoreContract(async () => memoryAdmissionStore())
  deepRunStoreContract(async () => memoryDeepRunStore())
  historyStoreContract(async () => memoryHistoryStore())
  queueContract(async () => {
    const queues = memoryQueues(memoryClock().now)
    const receive = async () => queues.tasks.receive(10)
    const ports = { sender: memoryOutbox(queues), depths: memoryDepths(queues) }
    return { ...ports, visibility: memoryVisibility(queues.tasks), receive }
  })
})
