import { makeTaskStore } from '../../functions/adapters/dynamo-tasks.ts'
import { dynaliteEngine } from '../engines/dynalite.ts'
import { describeEngine } from '../engines/engine.ts'
import { createTable } from './table.ts'
import { taskStoreContract } from './task-store-contract.ts'

describeEngine(dynaliteEngine, (running) => {
  const runs = 60
  taskStoreContract(async (clock) => makeTaskStore({ ...(await createTable(running().endpoint)), clock }), { runs })
})
