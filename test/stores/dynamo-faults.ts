import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { makeRecordStore } from '../../functions/adapters/dynamodb/record-store.ts'
import { makeTaskStore } from '../../functions/adapters/dynamodb/task-store.ts'
import type { TaskStore } from '../../functions/core/ports.ts'
import { applyTransition, type TaskTransition } from '../../functions/core/task/lifecycle.ts'
import type { TaskItem } from '../../functions/core/task/task.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import type { RunningEngine } from '../engines/engine.ts'
import { type Fate, type FaultyProxy, once, startFaultyProxy } from '../engines/faulty-proxy.ts'
import { sumOf, timersDue } from '../timers-due.ts'
import { accountingOf, claimedItem, expiredItem, readinessRecord, storedResultOf } from './builders.ts'
import { createTable, type TestTable } from './table.ts'

const isWrite = ({ call }: { call: string }) => call === 'PutItem' || call === 'UpdateItem'
const unavailable = (applied: boolean): Fate => {
  const body = JSON.stringify({ __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError', message: 'no' })
  return { kind: 'answer', status: 500, body, applied }
}
const throttled: Fate = {
  kind: 'answer',
  status: 400,
  body: JSON.stringify({ __type: 'com.amazonaws.dynamodb.v20120810#ThrottlingException', message: 'slow down' }),
  applied: false,
}

const ATTEMPT = { taskId: 'task-1', attempt: 'attempt-1' }
const submitted: TaskTransition = {
  kind: 'submitted',
  ...ATTEMPT,
  provider: 'captchaai',
  captchaId: '7',
  submittedAt: NOON,
}
const claim: TaskTransition = { kind: 'claim', item: claimedItem(), fence: null }
/** Each event with what goes before it. */
const CASES: { before: TaskTransition[]; event: TaskTransition }[] = [
  { before: [], event: claim },
  { before: [claim], event: { kind: 'release', ...ATTEMPT, after: 'refusal' } },
  { before: [claim], event: { kind: 'lose', ...ATTEMPT, provider: 'captchaai' } },
  { before: [claim], event: submitted },
  { before: [claim, submitted], event: { kind: 'resubmit', ...ATTEMPT, why: 'unsolvable' } },
  {
    before: [claim, submitted],
    event: {
      kind: 'settle',
      taskId: 'task-1',
      fence: { attempt: 'attempt-1', state: 'submitted' },
      by: 'attempt-1',
      result: storedResultOf('task-1'),
      settledAt: NOON,
      accounting: accountingOf('invocation-1'),
    },
  },
  { before: [], event: { kind: 'settleUnclaimed', item: expiredItem() } },
  {
    before: [{ kind: 'settleUnclaimed', item: expiredItem() }],
    event: { kind: 'transferAccounting', taskId: 'task-1', from: 'invocation-1', to: accountingOf('invocation-2') },
  },
]

/** The stores behind a network that loses replies, refuses, throttles and hangs. */
export function dynamoFaults(running: () => RunningEngine): void {
  let proxy: FaultyProxy
  let table: TestTable
  let store: TaskStore
  beforeEach(async () => {
    proxy = await startFaultyProxy(running().endpoint)
    table = await createTable(proxy.endpoint)
    proxy.calls.length = 0
    store = makeTaskStore({ ...table, clock: memoryClock() })
  })
  afterEach(async () => {
    table.client.destroy()
    await proxy.stop()
  })

  const expected = (events: TaskTransition[]) =>
    events.reduce<TaskItem | undefined>((item, event) => applyTransition(item, event, NOON) ?? item, undefined)

  for (const { before, event } of CASES) {
    it(`a conditional write (${event.kind}) failed although it was applied: recognised as our own by attempt id (row 11)`, async () => {
      for (const event of before) await store.apply(event)
      proxy.calls.length = 0
      proxy.fate = once(isWrite, { kind: 'cut', applied: true })
      // Of a re-submit another worker's write looks the same, so it must not count as certainly ours.
      const unsure = event.kind === 'resubmit' ? { mayBeAnothers: true } : {}
      expect(await store.apply(event)).toEqual({ kind: 'applied', ...unsure })
      expect(proxy.calls.map((call) => (isWrite({ call }) ? 'write' : call))).toEqual(['write', 'write', 'GetItem'])
      expect(await store.read('task-1')).toEqual(expected([...before, event]))
    })
  }

  it('a write answered with a server error is tried again, applied or not', async () => {
    for (const applied of [true, false]) {
      const taskId = `task-${applied}`
      proxy.fate = once(isWrite, unavailable(applied))
      const item = claimedItem({ taskId })
      expect(await store.apply({ kind: 'claim', item, fence: null })).toEqual({ kind: 'applied' })
      expect(await store.read(taskId)).toEqual(item)
    }
  })

  it('a throttled write is tried again', async () => {
    proxy.fate = once(isWrite, throttled)
    expect(await store.apply(claim)).toEqual({ kind: 'applied' })
    expect(proxy.calls).toEqual(['PutItem', 'PutItem'])
  })

  it("another worker's claim made meanwhile is not taken for our own", async () => {
    const rival = claimedItem({ attempt: 'attempt-2' })
    await store.apply({ kind: 'claim', item: rival, fence: null })
    proxy.fate = once(isWrite, { kind: 'cut', applied: true })
    expect(await store.apply(claim)).toEqual({ kind: 'refused', found: rival })
  })

  it('a table that stays down is an error, after three tries and well within the budget (row 49)', async () => {
    proxy.fate = () => unavailable(false)
    const waits = timersDue()
    await expect(store.apply(claim)).rejects.toThrow()
    expect(proxy.calls).toEqual(['PutItem', 'PutItem', 'PutItem'])
    expect(sumOf(waits)).toBeLessThan(3000)
  })

  it('a table that never answers is an error in a known time', async () => {
    const quick = await createTable(running().endpoint)
    const client = (await createTable(proxy.endpoint, { requestTimeoutMs: 100, maxAttempts: 2 })).client
    const impatient = makeTaskStore({ client, tableName: quick.tableName, clock: memoryClock() })
    proxy.calls.length = 0
    proxy.fate = () => ({ kind: 'hang', head: false })
    const waits = timersDue()
    await expect(impatient.apply(claim)).rejects.toThrow()
    expect(proxy.calls).toEqual(['PutItem', 'PutItem'])
    expect(waits.filter((milliseconds) => milliseconds === 100)).toHaveLength(2)
    expect(sumOf(waits)).toBeLessThan(1500)
  })

  /** The limits that are asked for from here on; each of them is over when the test says so. */
  function limits() {
    const over = new AbortController()
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(over.signal)
    onTestFinished(() => void timeout.mockRestore())
    return { asked: timeout.mock.calls, end: () => over.abort() }
  }
  const isAborted = { name: 'AbortError' }

  it.each(['PutItem', 'GetItem'])(
    'a write and the read after it share the time that their caller has left, and end with it where %s hangs',
    async (hangs) => {
      await store.apply(claim)
      proxy.calls.length = 0
      proxy.fate = ({ call }) => (call === hangs ? { kind: 'hang', head: true } : { kind: 'pass' })
      const { asked, end } = limits()
      const rival = store.apply({ kind: 'claim', item: claimedItem({ attempt: 'b' }), fence: null }, 400)
      const refused = expect(rival).rejects.toMatchObject(isAborted)
      await expect.poll(() => proxy.calls.at(-1), { timeout: 20_000 }).toBe(hangs)
      end()
      await refused
      expect(asked).toEqual([[400]])
    },
  )

  it('an answer whose body never comes ends with the budget', async () => {
    proxy.fate = () => ({ kind: 'hang', head: true })
    const { asked, end } = limits()
    const read = expect(store.read('task-1')).rejects.toMatchObject(isAborted)
    await expect.poll(() => proxy.calls, { timeout: 20_000 }).toEqual(['GetItem'])
    end()
    await read
    expect(asked).toEqual([[3000]])
  })

  it("a record's write that was applied and not answered counts as written", async () => {
    const records = makeRecordStore(table)
    await records.write(readinessRecord(), null)
    proxy.fate = once(isWrite, { kind: 'cut', applied: true })
    expect(await records.write(readinessRecord({ version: 2 }), 1)).toBe(true)
  })
}
