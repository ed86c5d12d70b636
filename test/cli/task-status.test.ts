import { marshall } from '@aws-sdk/util-dynamodb'
import { expect, it } from 'vitest'
import { taskStatusReader } from '../../bin/commands/results/task-status.ts'
import { makeLocalDynamoClient } from '../../local/clients.ts'
import { solved } from './scripted-fleet.ts'

const result = solved({ taskId: 'a' })

it.each<[string, object | null, unknown]>([
  ['that is not there', null, undefined],
  ['without a state', { provider: 'captchaai', result }, undefined],
  ['of a task that is claimed', { state: 'claimed' }, { state: 'claimed' }],
  [
    'of a task that is solved',
    { state: 'solved', provider: 'captchaai', result },
    { state: 'solved', provider: 'captchaai', result },
  ],
  ['whose result nobody can read', { state: 'solved', result: { taskId: 'a' } }, { state: 'solved' }],
])('what is told of an item %s', async (_, item, told) => {
  const client = makeLocalDynamoClient('http://127.0.0.1:9')
  const asked: unknown[] = []
  client.middlewareStack.add(
    () => async (args) => {
      asked.push(args.input)
      return { output: { ...(item && { Item: marshall(item) }), $metadata: {} }, response: null }
    },
    { step: 'initialize', priority: 'high' },
  )
  const read = await taskStatusReader({ table: async () => ({ client, name: 'tasks' }) })
  expect(await read?.('a')).toStrictEqual(told)
  expect(asked).toEqual([{ TableName: 'tasks', Key: { pk: { S: 'task#a' }, sk: { S: 'task' } } }])
})
