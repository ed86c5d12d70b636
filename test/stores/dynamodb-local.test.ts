import { makeTaskStore } from '../../functions/adapters/dynamo-tasks.ts'
import { dynamodbLocalEngine } from '../engines/dynamodb-local.ts'
import { describeEngine } from '../engines/engine.ts'
import { createTable } from './table.ts'
import { taskStoreContract } from './task-store-contract.ts'

describeEngine(dynamodbLocalEngine, (running) => {
  const runs = 25
  taskStoreContract(async (clock) => makeTaskStore({ ...(await createTable(running().endpoint)), clock }), { runs })
})
