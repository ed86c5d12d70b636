import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SQSClient } from '@aws-sdk/client-sqs'
import { expect, it } from 'vitest'
import { type Target, targetOf } from '../../bin/commands/fleet/target.ts'
import { prepareWait } from '../../bin/commands/results/waiting.ts'

const unused = () => Promise.reject(new Error('not asked for'))
/** A fleet of which the queues are known and the table is not. Nothing of it is called. */
const target: Target = {
  ...{ name: 'a fleet', flags: '', sqs: new SQSClient({ region: 'us-east-1' }), queue: async () => 'https://q.test/1' },
  ...{ table: async () => null, secret: unused, health: unused, alarmTopic: unused, caller: unused },
}
const task = (deadlineSeconds?: number) => ({
  ...{ taskId: `task-${deadlineSeconds}`, reply: 'queue' as const },
  ...(deadlineSeconds === undefined ? {} : { deadlineSeconds }),
})

it.each([
  ['of the default deadline', [task()], undefined, 330],
  ['of a deadline of its own', [task(10)], undefined, 40],
  ['of the longest deadline of many', [task(10), task(3600), task(60)], undefined, 3630],
  ['that a person chose, however long the deadline', [task(3600)], '5', 5],
])(
  'a result is waited for until half a minute after the deadline, or as long as asked for: %s',
  async (_, tasks, wait, seconds) => {
    expect((await prepareWait(target, tasks, wait)).seconds).toBe(seconds)
  },
)

it.each([
  [{}, ''],
  [{ stage: 'prod' }, ' --stage prod'],
  [{ stage: 'prod', region: 'eu-central-1' }, ' --stage prod --region eu-central-1'],
  [
    { 'queue-url': 'https://q.test/t', 'result-queue-url': 'https://q.test/r', table: 'mine' },
    ' --queue-url https://q.test/t --result-queue-url https://q.test/r --table mine',
  ],
  [{ table: 'mine', region: 'eu-central-1' }, ' --region eu-central-1 --table mine'],
])('the command to look again later names the same fleet as %o', (flags, expected) => {
  expect(targetOf(flags, {}).flags).toBe(expected)
})

it('a task whose result goes into the table alone is not sent where the table is not known, whatever its neighbours ask', async () => {
  const record = { taskId: 'r', reply: 'record' as const }
  for (const tasks of [[record], [task(), record, task(10)]])
    await expect(prepareWait(target, tasks, undefined)).rejects.toThrow(
      '--reply record puts the result into the table only: say --table, or --no-wait',
    )
  const table = async () => ({ client: new DynamoDBClient({ region: 'us-east-1' }), name: 'mine' })
  expect((await prepareWait({ ...target, table }, [task(), record], undefined)).read).toBeTypeOf('function')
})
