import { GetItemCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import { expect, it } from 'vitest'
import { makeHistoryStore } from '../../functions/adapters/dynamodb/history-store.ts'
import { makeOutcomeStore } from '../../functions/adapters/dynamodb/outcome-store.ts'
import { makeRecordStore } from '../../functions/adapters/dynamodb/record-store.ts'
import { makeTaskStore } from '../../functions/adapters/dynamodb/task-store.ts'
import { outcomeKey, readinessKey, taskKey } from '../../functions/contract/table.ts'
import { shardOf } from '../../functions/core/outcome/summary.ts'
import { emptyBucket, SPAN_MS, startOf } from '../../functions/core/record/history-bucket.ts'
import { applyTransition, type TaskTransition, taskIdOf } from '../../functions/core/task/lifecycle.ts'
import type { TaskItem } from '../../functions/core/task/task.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import type { RunningEngine } from '../engines/engine.ts'
import { accountingOf, claimedItem, expiredItem, outcomeItem, readinessRecord, storedResultOf } from './builders.ts'
import { countRequests, createTable } from './table.ts'

const ATTEMPT = { taskId: 'task-1', attempt: 'attempt-1' }
const HOUR = 3_600_000

/** What the stores cost, and what outsiders find in the table. */
export function dynamoRequests(running: () => RunningEngine): void {
  const open = async () => {
    const table = await createTable(running().endpoint)
    return { table, sent: countRequests(table.client) }
  }
  const put = async (table: Awaited<ReturnType<typeof createTable>>, item: Record<string, unknown>) =>
    table.client.send(new PutItemCommand({ TableName: table.tableName, Item: marshall(item) }))

  it('each event is exactly one write, nothing is read, and the item holds what it must and no more', async () => {
    const { table, sent } = await open()
    const store = makeTaskStore({ ...table, clock: memoryClock() })
    const fence = { attempt: 'attempt-1', state: 'submitted' } as const
    const settled = {
      result: storedResultOf('task-1'),
      by: 'attempt-1',
      settledAt: NOON,
      accounting: accountingOf('invocation-1'),
    }
    const claim: TaskTransition = { kind: 'claim', item: claimedItem(), fence: null }
    const accepted = { provider: 'captchaai', captchaId: '7', submittedAt: NOON }
    const events: TaskTransition[] = [
      claim,
      { kind: 'release', ...ATTEMPT, after: 'refusal' },
      { ...claim, fence: { attempt: 'attempt-1', state: 'claimed' } },
      { kind: 'submitted', ...ATTEMPT, ...accepted },
      { kind: 'resubmit', ...ATTEMPT, why: 'lostId' },
      { kind: 'submitted', ...ATTEMPT, ...accepted },
      { kind: 'settle', taskId: 'task-1', fence, ...settled },
      { kind: 'transferAccounting', taskId: 'task-1', from: 'invocation-1', to: accountingOf('invocation-2') },
      { kind: 'settleUnclaimed', item: expiredItem({ taskId: 'task-2' }) },
      { kind: 'claim', item: claimedItem({ taskId: 'task-3' }), fence: null },
      { kind: 'lose', taskId: 'task-3', attempt: 'attempt-1', provider: 'captchaai' },
      { kind: 'claim', item: claimedItem({ taskId: 'task-4' }), fence: null },
      { kind: 'release', taskId: 'task-4', attempt: 'attempt-1', after: 'httpError' },
    ]
    const items = new Map<string, TaskItem>()
    for (const event of events) {
      const taskId = taskIdOf(event)
      const item = applyTransition(items.get(taskId), event, NOON)
      if (item !== null) items.set(taskId, item)
      const before = sent.length
      expect(await store.apply(event), event.kind).toEqual({ kind: 'applied' })
      const whole = event.kind === 'claim' || event.kind === 'settleUnclaimed'
      expect(sent.slice(before), event.kind).toEqual([whole ? 'PutItemCommand' : 'UpdateItemCommand'])
      const key = taskKey(taskId)
      const get = new GetItemCommand({ TableName: table.tableName, Key: marshall(key), ConsistentRead: true })
      const { Item = {} } = await table.client.send(get)
      expect(unmarshall(Item), event.kind).toEqual({ ...key, ...item })
    }
  })

  it('a refused event costs one write and one consistent read', async () => {
    const { table, sent } = await open()
    const store = makeTaskStore({ ...table, clock: memoryClock() })
    await store.apply({ kind: 'claim', item: claimedItem(), fence: null })
    sent.length = 0
    const refused = await store.apply({ kind: 'claim', item: claimedItem({ attempt: 'attempt-2' }), fence: null })
    expect(refused).toEqual({ kind: 'refused', found: claimedItem() })
    expect(sent).toEqual(['PutItemCommand', 'GetItemCommand, consistent'])
  })

  it('an outcome is kept for 3 days, an hour or a day of the history for 100: the time after which the table may delete it', async () => {
    const { table } = await open()
    await makeOutcomeStore({ ...table, clock: memoryClock(), log: () => {} }).write(outcomeItem({ at: NOON }))
    const history = makeHistoryStore(table)
    for (const span of ['hour', 'day'] as const) await history.save(emptyBucket(span, startOf(span, NOON)))
    const { Items = [] } = await table.client.send(new ScanCommand({ TableName: table.tableName }))
    const daysOf = (pk: string) =>
      Items.map((item) => unmarshall(item))
        .filter((item) => String(item.pk).startsWith(pk))
        .map(({ ttl, at = NOON }) => (ttl * 1000 - at) / SPAN_MS.day)
    expect({ outcomes: daysOf('outcome#'), history: daysOf('fleet') }).toEqual({ outcomes: [3], history: [100, 100] })
  })

  it('an outcome is one write, of the counts that are not zero and those of the solved and the failed', async () => {
    const { table, sent } = await open()
    await makeOutcomeStore({ ...table, clock: memoryClock(), log: () => {} }).write(outcomeItem())
    expect(sent).toEqual(['PutItemCommand'])
    const { Items = [] } = await table.client.send(new ScanCommand({ TableName: table.tableName }))
    const key = outcomeKey(shardOf('invocation-1'), '2026-11-21T12:00:00.000Z', 'invocation-1')
    const ttl = NOON / 1000 + 3 * 86_400
    expect(Items.map((item) => unmarshall(item))).toEqual([
      { ...key, ttl, worker: 'worker-1', function: 'collect', solved: 0, failed: 0 },
    ])
  })

  it('listing reads no more items than were asked for and one to tell where to stop', async () => {
    const { table, sent } = await open()
    const store = makeOutcomeStore({ ...table, clock: memoryClock(), log: () => {} })
    const names = Array.from({ length: 200 }, (_, n) => `i-${n}`).filter((name) => shardOf(name) === 3)
    for (const [n, invocation] of names.entries()) await store.write(outcomeItem({ invocation, at: NOON + n }))
    sent.length = 0
    expect(await store.list(3, 0, NOON + 1000, 5)).toMatchObject({ more: true })
    expect(sent).toEqual(['QueryCommand, consistent'])
  })

  it('an outcome past its TTL is not counted, and one that cannot be read costs nobody else its counts', async () => {
    const { table } = await open()
    const clock = memoryClock()
    const logged: unknown[][] = []
    const store = makeOutcomeStore({ ...table, clock, log: (...line) => logged.push(line) })
    const shard = shardOf('invocation-1')
    await store.write(outcomeItem())
    await put(table, { ...outcomeKey(shard, '2026-11-21T12:00:00.000Z', 'broken'), solved: 'many', slow: [{}] })
    expect(await store.list(shard, 0, NOON, 10)).toEqual({ items: [outcomeItem()], more: false })
    expect(logged).toEqual([
      [
        'error',
        'outcome item left out',
        {
          item: `outcome#${shard} 2026-11-21T12:00:00.000Z#broken`,
          why: expect.stringMatching(/^Error: corrupt outcome item: .*solved.*, slow\.0\.taskId, /),
        },
      ],
    ])
    clock.set(NOON + 3 * 24 * HOUR - 1)
    expect((await store.list(shard, 0, NOON, 10)).items).toHaveLength(1)
    clock.set(NOON + 3 * 24 * HOUR)
    expect((await store.list(shard, 0, NOON, 10)).items).toEqual([])
  })

  it('an item of an earlier version is read: no HTTP errors are counted, and lost attempts name no provider', async () => {
    const { table } = await open()
    const store = makeTaskStore({ ...table, clock: memoryClock() })
    const { httpErrors: _, ...earlier } = claimedItem({ charges: 1, uncertainCharges: 1 })
    await put(table, { ...taskKey('task-1'), ...earlier, lost: ['attempt-0'] })
    expect(await store.read('task-1')).toEqual(
      claimedItem({ charges: 1, uncertainCharges: 1, lost: [{ attempt: 'attempt-0' }] }),
    )
    expect(await store.apply({ kind: 'lose', ...ATTEMPT, provider: 'captchaai' })).toEqual({ kind: 'applied' })
    const lost = [{ attempt: 'attempt-0' }, { attempt: 'attempt-1', provider: 'captchaai' }]
    expect(await store.read('task-1')).toMatchObject({ state: 'unknown', lost })
  })

  it('a corrupt task item is an error that names what is wrong, never a task', async () => {
    const { table } = await open()
    const store = makeTaskStore({ ...table, clock: memoryClock() })
    const { hash: _, ...broken } = claimedItem()
    await put(table, { ...broken, ...taskKey('task-1'), charges: 'none' })
    await expect(store.read('task-1')).rejects.toThrow('corrupt task item: hash, charges')
  })

  it('a corrupt record, or one of another version, is unreadable, and a sweep can write over it (row 34)', async () => {
    const { table } = await open()
    const store = makeRecordStore(table)
    const stored = [
      [{ record: '{' }, 'corrupt: the record'],
      [{ version: 7, record: JSON.stringify({ ...readinessRecord(), schema: 2 }) }, 'schema 2'],
      [{ version: 7, record: JSON.stringify({ ...readinessRecord(), folded: null }) }, 'corrupt: folded'],
      [{ version: 7 }, 'the item has no record text'],
    ] as const
    for (const [item, why] of stored) {
      await put(table, { ...readinessKey, ...item })
      const version = 'version' in item ? item.version : null
      expect(await store.read()).toEqual({ unreadable: why, version })
      const record = readinessRecord({ version: 8 })
      expect(await store.write(record, version)).toBe(true)
      expect(await store.read()).toEqual({ record })
    }
  })
}
