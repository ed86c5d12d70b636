import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { expect } from 'vitest'
import { taskKey } from '../../functions/contract/table.ts'
import { dynaliteEngine } from '../engines/dynalite.ts'
import { createTable } from '../stores/table.ts'
import { expired, fleetTest, lifesign, type Run, solved } from './scripted-fleet.ts'

const TASK = ['send', '--sitekey', 'k', '--pageurl', 'https://shop.example/']

interface Table {
  port: number
  put(taskId: string, item: object): Promise<unknown>
}
const test = fleetTest.extend<{ table: Table; run: (...args: string[]) => Promise<Run> }>({
  table: async ({ task: _ }, use) => {
    const engine = await dynaliteEngine.start()
    const { client } = await createTable(engine.endpoint, { tableName: 'lifesign' })
    await use({
      port: Number(new URL(engine.endpoint).port),
      put(taskId, item) {
        const Item = marshall({ ...taskKey(taskId), ...item }, { removeUndefinedValues: true })
        return client.send(new PutItemCommand({ TableName: 'lifesign', Item }))
      },
    })
    client.destroy()
    await engine.stop()
  },
  run: ({ fleet, table }, use) => use((...args) => lifesign(args, { port: fleet.port, dynamodbPort: table.port })),
})

test.concurrent('tells how far the task is, and by whom it is being solved', async ({ table, run }) => {
  await table.put('far', { state: 'submitted', provider: 'captchaai' })
  const { err } = await run(...TASK, '--task-id', 'far', '--wait', '2')
  expect(err.join('\n')).toContain('being solved by captchaai')
  expect(err.at(-1)).toBe('no result for far in 2 s; last seen being solved by captchaai')
})

test.concurrent('--reply record: the result comes from the table, and the queue is not waited for', async ({
  table,
  run,
}) => {
  await table.put('kept', { state: 'solved', result: solved({ taskId: 'kept' }) })
  const { code, out } = await run(...TASK, '--task-id', 'kept', '--reply', 'record')
  expect({ code, out }).toEqual({ code: 0, out: ['token-of-kept'] })
})

test.concurrent('a result that another reader took: an expired one is told from the table, a solution is said to be gone', async ({
  table,
  run,
}) => {
  await table.put('gone', { state: 'expired', result: expired({ taskId: 'gone' }) })
  await table.put('taken', { state: 'solved', result: { ...solved({ taskId: 'taken' }), solution: undefined } })
  const [gone, taken] = await Promise.all([run(...TASK, '--task-id', 'gone'), run(...TASK, '--task-id', 'taken')])
  expect(gone.code).toBe(3)
  expect(gone.err.at(-1)).toMatch(/^expired: DEADLINE_EXCEEDED/)
  expect(taken.code).toBe(4)
  expect(taken.err.at(-1)).toMatch(/another reader of the result queue took the solution/)
})

test.concurrent('result of an id that nobody sent says that nothing is known of it, not that it waits in a queue', async ({
  run,
}) => {
  const { code, err } = await run('result', 'nobody', '--wait', '2')
  const nothing = 'nothing is known of it: no worker has taken it, or it was never sent under this id'
  expect({ code, err }).toEqual({ code: 4, err: [nothing, `no result for nobody in 2 s; ${nothing}`] })
})

test.concurrent('the time of a solve is the task’s own, however long somebody waited before asking for the result', async ({
  table,
  run,
}) => {
  await table.put('old', { state: 'solved', result: solved({ taskId: 'old' }) })
  const { code, err } = await run('result', 'old')
  expect(code).toBe(0)
  expect(err.at(-1)).toBe('solved by captchaai in 9.0 s')
})
