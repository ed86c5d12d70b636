import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import type { Message } from '../../functions/core/message/message.ts'
import type { Task } from '../../functions/core/task/task.ts'
import { conditionsOf } from '../../sim/fleet/fleet/aws.ts'
import { makeEnvironment } from '../../sim/fleet/fleet/environment.ts'
import { drawScenario } from '../../sim/fleet/model/seed-scenario.ts'
import { INVARIANTS, type InvariantName } from '../../sim/fleet/oracle/invariants.ts'
import { runSeed } from '../../sim/fleet/run/run.ts'
import { makeWorld } from '../../sim/fleet/world.ts'
import { memoryQueue } from '../../sim/memory/queue.ts'
import { seededRandom } from '../../sim/support/random.ts'

const ROOT = join(import.meta.dirname, '../..')
const command = (name: 'main' | 'mutants-main', ...args: string[]) =>
  spawnSync(process.execPath, [join(ROOT, `sim/fleet/cli/${name}.ts`), ...args], { encoding: 'utf8', cwd: ROOT })

test('every invariant has a name of its own', () => {
  const names = INVARIANTS.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})

test('an invariant that is ignored is not checked, and the run goes on', async () => {
  const all = new Set<InvariantName>(INVARIANTS.map(({ name }) => name))
  const { broken, events } = await runSeed(3, 10, { ignore: all })
  expect(broken).toBeNull()
  expect(events).toBeGreaterThan(100)
})

describe('the more urgent task of a batch is bought first, then the older one', () => {
  const judge = (bought: 'urgent' | 'older' | 'younger', parked: 'urgent' | 'older' | 'younger') => {
    const { oracle, virtualTime } = makeWorld(
      conditionsOf(drawScenario(seededRandom(1), 3), seededRandom(2), []),
      seededRandom(3),
      null,
      new Set(),
    )
    const environment = makeEnvironment('submit#1', 0, virtualTime, null)
    const message = (taskId: string, priority: string, sentAt: number): Message => ({
      ...{ messageId: taskId, body: JSON.stringify({ taskId, priority }), receipt: taskId, receiveCount: 1 },
      ...{ sentAt, attributes: {} },
    })
    const sent = (age: number) => virtualTime.now() - age
    const messages = [
      message('urgent', 'high', sent(0)),
      message('older', 'low', sent(9000)),
      message('younger', 'low', sent(5000)),
    ]
    oracle.record({ kind: 'invoked', environment, queue: 'tasks', messages })
    const task: Task = {
      taskId: bought,
      method: 'base64',
      params: {},
      priority: 'low',
      reply: 'queue',
      deadlineSeconds: 9,
    }
    environment.endsAt = Number.POSITIVE_INFINITY
    oracle.record({ kind: 'submitLeft', environment, task, provider: 'captchaai', begunAt: 0 })
    const attributes = { taskId: parked, origin: parked, while: 'max_in_flight=1' }
    const copy = memoryQueue('tasks', { visibilitySeconds: 1 }, () => 10).send({ body: '{}', attributes })
    oracle.record({ kind: 'sent', queue: 'tasks', message: copy, environment, result: null })
    return oracle.violation?.invariant ?? null
  }
  const name = 'the more urgent task of a batch is bought first, then the older one'
  it.each([
    ['urgent', 'older', null],
    ['older', 'younger', null],
    ['older', 'urgent', name],
    ['younger', 'older', name],
  ] as const)('the %s is bought and the %s waits', (bought, parked, broken) => {
    expect(judge(bought, parked)).toBe(broken)
  })
})

describe('the commands of the simulation', () => {
  it('list the invariants and the planted defects by name, one a line', () => {
    const listed = command('main', '--list-invariants')
    expect(listed.stdout.trim().split('\n')).toEqual(INVARIANTS.map(({ name }) => name))
    expect(command('mutants-main', '--list').stdout).toMatch(/^settle without fence$/m)
  })

  it.each(['main', 'mutants-main'] as const)('explain themselves with --help and end with exit code 0: %s', (name) => {
    const { status, stdout, stderr } = command(name, '--help')
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^usage: npm run sim/)
  })

  it.each([
    ['main', '--nonsense'],
    ['main', '--tasks', '-1'],
    ['main', '--ignore', 'no such invariant'],
    ['mutants-main', '--only', 'no such defect'],
    ['mutants-main', 'seed'],
  ] as const)('answer a wrong option in one line and end with exit code 2: %s %s', (name, ...args) => {
    const { status, stdout, stderr } = command(name, ...args)
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })
})
