import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { describe, expect, it } from 'vitest'
import { KEY_VARIABLES } from '../../functions/contract/providers.ts'
import { makeLocalSqsClient } from '../../local/clients.ts'
import { startSimulator } from '../../sim/provider/simulator.ts'
import { folder, later, until } from '../local/bundles.ts'
import { start } from './programs.ts'

const QUICK = ['sweepSeconds=1', 'firstPollSeconds=1', 'pollSeconds=1', 'settlingSeconds=1', 'balanceSeconds=1']

async function simulator(profile: 'captchaai' | 'twocaptcha', plan: object = {}) {
  const made = await startSimulator({ profile, key: profile.padEnd(32, '0'), plan: { solveSeconds: 0, ...plan } })
  later(() => made.stop())
  return made
}

describe('a fleet with a backup', () => {
  it.each([
    ['captchaai', 'twocaptcha'],
    ['twocaptcha', 'captchaai'],
  ] as const)(
    'whose first provider is %s loads every worker and solves with %s while the first one blocks our address',
    async (first, second) => {
      const busy = await simulator(first, { faults: [{ kind: 'code', code: 'IP_BANNED', on: 'submit', rate: 1 }] })
      const backup = await simulator(second)
      const env = {
        LIFESIGN_DATA: folder(),
        LIFESIGN_PROVIDER_URL: busy.url,
        LIFESIGN_BACKUP_PROVIDER_URL: backup.url,
        [KEY_VARIABLES[first]]: busy.key,
        [KEY_VARIABLES[second]]: backup.key,
      }
      const args = [...QUICK, `provider=${first}`].flatMap((setting) => ['-c', setting])
      const fleet = start('local', env, args)
      await fleet.until(/^ready:/)
      expect(fleet.lines.join('\n')).toContain(`${backup.url} (${second})`)

      const sqs = makeLocalSqsClient(fleet.url('SQS'))
      later(() => sqs.destroy())
      const queue = (name: string) => `${fleet.url('SQS')}/000000000000/lifesign-${name}`
      // The first task learns that the first provider blocks our address; the next one goes to the backup.
      let sent = 0
      let result: Record<string, unknown> = {}
      await until(
        'a task is settled',
        async () => {
          const task = { taskId: `task-${++sent}`, sitekey: 'key', pageurl: 'https://a.test/' }
          await sqs.send(new SendMessageCommand({ QueueUrl: queue('tasks'), MessageBody: JSON.stringify(task) }))
          const received = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queue('results'), WaitTimeSeconds: 1 }))
          result = JSON.parse(received.Messages?.[0]?.Body ?? '{}')
          return 'status' in result
        },
        25_000,
      )
      expect(result).toMatchObject({ status: 'solved', provider: second, attempts: 1 })
      expect(busy.ledger()).toHaveLength(0)
      expect(backup.ledger().length).toBeGreaterThan(0)

      const statusOf = async (name: string) =>
        (await fetch(`${fleet.url('health')}/health/dependencies/${name}Api`)).status
      await expect.poll(() => statusOf(second), { timeout: 15_000 }).toBe(200)
      await expect.poll(() => statusOf(first), { timeout: 15_000 }).toBe(200)
    },
    60_000,
  )
})
