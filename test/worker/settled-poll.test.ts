import { describe, expect, it } from 'vitest'
import { pollMessageOf } from '../../functions/core/message/poll-message.ts'
import type { ResultAnswer } from '../../functions/core/provider/answers.ts'
import { handedOver } from '../../functions/core/task/accounting.ts'
import { factsOf, type SettledItem, type TaskItem } from '../../functions/core/task/task.ts'
import { resolveSettled } from '../../functions/worker/resolve-settled.ts'
import { resubmit } from '../../functions/worker/resubmit.ts'
import { settlePolled } from '../../functions/worker/settle-polled.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import { memoryLog } from '../../sim/memory/log.ts'
import { memoryTaskStore } from '../../sim/memory/task-store.ts'
import { claimedItem, expiredItem, storedResultOf } from '../stores/builders.ts'

const facts = { ...factsOf(claimedItem()), charges: 1 }
const submitted = (attempt: string) =>
  ({
    ...facts,
    attempt,
    state: 'submitted',
    provider: 'captchaai',
    captchaId: '123',
    submittedAt: NOON - 9000,
  }) as const
const poll = pollMessageOf(submitted('mine'), 'the task', true)
const solved: ResultAnswer = { kind: 'solved', solution: 'token' }
const pending: ResultAnswer = { kind: 'pending' }
const unsolvable = { class: 'unsolvable', code: 'ERROR_CAPTCHA_UNSOLVABLE', message: 'No.' } as const
const failed: ResultAnswer = { kind: 'failed', failure: unsolvable }
const SOLVED = { kind: 'solved', solution: 'token', usableUntil: null, doneAt: NOON } as const
const LATE = { kind: 'late', at: NOON } as const
const ME = { id: 'invocation-2', via: 'message', endsAt: NOON + 60_000 } as const

function settledItem(changes: Partial<SettledItem> = {}): SettledItem {
  const { solution: _, ...result } = storedResultOf('task-1')
  return {
    ...expiredItem(),
    ...factsOf(claimedItem()),
    state: 'solved',
    result,
    settledAt: NOON,
    settledBy: 'mine',
    ...changes,
  }
}

/** What a worker works with whose table holds this item; `taken`: it takes over the accounting of what it finds. */
function worker(item: TaskItem | undefined, { taken = false, mayStillReport = false } = {}) {
  const clock = memoryClock(NOON, { skip: true })
  const tasks = memoryTaskStore(() => clock.now())
  if (item !== undefined) tasks.items.set(item.taskId, item)
  const accountingOwner = { takeOver: async () => ({ taken }), mayStillReport: () => mayStillReport }
  return { tasks, clock, log: memoryLog().log, accountingOwner }
}
const sendsOf = (disposition: object) =>
  'send' in disposition && Array.isArray(disposition.send)
    ? disposition.send.map(({ queue, message }) => [queue, JSON.parse(message.body)])
    : []

describe('a poll of a task that is settled already', () => {
  const { solution: _, ...stored } = storedResultOf('task-1')
  it.each<[string, SettledItem, ResultAnswer, unknown[]]>([
    [
      'sends the result with the solution that the provider repeats',
      settledItem(),
      solved,
      [['results', { ...stored, solution: 'token' }]],
    ],
    ['sends the stored result where the solution is gone', settledItem(), failed, [['results', stored]]],
    ['sends no result where the item says that nobody waits for one', settledItem({ reply: 'record' }), failed, []],
    ['sends nothing where another attempt’s message does', settledItem({ settledBy: 'theirs' }), pending, []],
    [
      'has the attempt polled that settled it by a callback which could not send the result',
      settledItem({ settledBy: 'theirs', accounting: handedOver(NOON) }),
      pending,
      [['polls', expect.objectContaining({ body: 'the task', item: expect.objectContaining({ attempt: 'theirs' }) })]],
    ],
    [
      'sends the stored result where that attempt cannot be polled, because the item does not name its provider',
      settledItem({ settledBy: 'theirs', accounting: handedOver(NOON), result: { ...stored, provider: '' } }),
      pending,
      [['results', { ...stored, provider: '' }]],
    ],
  ])('%s', async (_, item, answer, sends) => {
    const { disposition, events } = await resolveSettled(worker(item), { poll, item, answer }, ME)
    expect(sendsOf(disposition)).toEqual(sends)
    expect([disposition.kind, events]).toEqual(['ack', []])
  })

  it.each([
    ['a solution of another attempt is late', 'theirs', solved, [LATE]],
    ['the solution that settled it is not', 'mine', solved, []],
    ['another attempt without a solution is not', 'theirs', pending, []],
  ] as const)('%s', async (_, settledBy, answer, late) => {
    const item = settledItem({ settledBy })
    expect((await resolveSettled(worker(item), { poll, item, answer }, ME)).events).toEqual(late)
  })

  it('counts the settlement where its accounting was taken over, and not while a callback may still report it', async () => {
    const item = settledItem()
    const taken = await resolveSettled(worker(item, { taken: true }), { poll, item, answer: pending }, ME)
    expect(taken).toMatchObject({ disposition: { kind: 'retry' }, events: [{ kind: 'solved', at: NOON }] })
    const owned = worker(item, { taken: true, mayStillReport: true })
    const waits = await resolveSettled(owned, { poll, item, answer: pending }, ME)
    expect(waits).toEqual({ disposition: { kind: 'retry', afterSeconds: 40 }, events: [] })
    // The message comes back and would be counted as late each time.
    const theirs = settledItem({ settledBy: 'theirs' })
    const other = await resolveSettled(owned, { poll, item: theirs, answer: solved }, ME)
    expect(other).toEqual({ disposition: { kind: 'retry', afterSeconds: 40 }, events: [] })
  })
})

describe('a task that is bought again', () => {
  it('goes back to the task queue at once, as old as it is and never parked', async () => {
    const { disposition, events } = await resubmit(
      worker(submitted('mine')),
      { poll, answer: failed, why: 'unsolvable' },
      ME,
    )
    const attributes = { taskId: 'task-1', enqueuedAt: String(NOON), parks: '0', origin: 'message-1' }
    const message = {
      ...{ body: 'the task', delaySeconds: 0 },
      attributes: { ...attributes, while: 'ERROR_CAPTCHA_UNSOLVABLE from captchaai' },
    }
    expect({ disposition, events }).toEqual({
      disposition: { kind: 'ack', send: [{ queue: 'tasks', message }] },
      events: [],
    })
  })

  const claimed = { ...facts, attempt: 'mine', state: 'claimed', leaseUntil: NOON + 1 } as const
  it.each<[string, TaskItem | undefined, object]>([
    ['is polled again while the table does not know of its submit', claimed, { kind: 'retry' }],
    ['is left to the attempt that holds it now', { ...claimed, attempt: 'theirs' }, { kind: 'ack', send: [] }],
    [
      'is left alone where this attempt was lost',
      { ...facts, attempt: 'mine', state: 'unknown' },
      { kind: 'ack', send: [] },
    ],
    ['is forgotten where its item is gone', undefined, { kind: 'ack', send: [] }],
  ])('%s', async (_, item, disposition) => {
    expect(await resubmit(worker(item), { poll, answer: failed, why: 'lostId' }, ME)).toEqual({
      disposition,
      events: [],
    })
  })

  it('gives its place back, and not where another copy of the message may have made the write', async () => {
    const ports = worker(submitted('mine'))
    const mine = await resubmit(ports, { poll, answer: failed, why: 'unsolvable' }, ME)
    const tasks = { ...ports.tasks, apply: async () => ({ kind: 'applied', mayBeAnothers: true }) as const }
    const theirs = await resubmit({ ...ports, tasks }, { poll, answer: failed, why: 'unsolvable' }, ME)
    expect([mine.freed, theirs.freed]).toEqual([['captchaai'], []])
    expect(theirs.disposition).toEqual(mine.disposition)
  })

  it('is settled already: what is left to send is sent', async () => {
    const { disposition } = await resubmit(worker(settledItem()), { poll, answer: failed, why: 'lostId' }, ME)
    expect(sendsOf(disposition)).toMatchObject([['results', { taskId: 'task-1', status: 'solved' }]])
  })
})

describe('a poll that ends a task', () => {
  const settle = (
    item: TaskItem | undefined,
    ending: Parameters<typeof settlePolled>[1]['ending'],
    answer: ResultAnswer = solved,
  ) => {
    const ports = worker(item)
    return { ports, done: settlePolled(ports, { poll, answer, ending }, ME) }
  }
  const expired = { kind: 'expired' } as const

  it.each([
    ['a solution that is delivered', SOLVED, solved, ['solved']],
    ['a solution that comes after the deadline is late', expired, solved, ['expired', 'late']],
    ['an expiry without a solution', expired, pending, ['expired']],
  ] as const)('%s', async (_, ending, answer, kinds) => {
    const handled = await settle(submitted('mine'), ending, answer).done
    expect(handled?.events.map(({ kind }) => kind)).toEqual(kinds)
  })

  it.each([
    ['a late solution is counted where the item is gone', expired, [LATE]],
    ['nothing is counted of a solution in time where the item is gone', SOLVED, []],
  ] as const)('%s', async (_, ending, events) => {
    expect(await settle(undefined, ending).done).toEqual({ disposition: { kind: 'ack', send: [] }, events })
  })

  const lost = [{ attempt: 'before' }, { attempt: 'mine' }]
  const held = { ...facts, attempt: 'theirs', charges: 3, unsolvable: 1, lost } as const
  it.each<[string, TaskItem, number]>([
    ['that is being paid for counts as a charge', { ...held, state: 'claimed', leaseUntil: 1 }, 4],
    ['that is free counts no charge', { ...held, state: 'claimed', leaseUntil: 0 }, 3],
    ['that was accepted is counted already', { ...submitted('theirs'), charges: 3, unsolvable: 1, lost }, 3],
  ])('an attempt whose answer was lost solves the task all the same; the attempt %s', async (_, item, attempts) => {
    const { ports, done } = settle(item, SOLVED)
    expect((await done)?.disposition).toMatchObject({ kind: 'ack', send: [{ queue: 'results' }] })
    expect(ports.tasks.items.get('task-1')).toMatchObject({ settledBy: 'mine', unsolvable: 1, result: { attempts } })
  })

  it.each<[string, TaskItem, Parameters<typeof settlePolled>[1]['ending']]>([
    [
      'fails the task to the attempt that holds it',
      { ...held, state: 'claimed', leaseUntil: 1 },
      { ...unsolvable, kind: 'failed' },
    ],
    [
      'solves it where the item does not know this attempt',
      { ...held, lost: [{ attempt: 'before' }], state: 'claimed', leaseUntil: 1 },
      SOLVED,
    ],
  ])('leaves it alone where a poll %s', async (_, item, ending) => {
    const { ports, done } = settle(item, ending)
    expect(await done).toEqual({ disposition: { kind: 'ack', send: [] }, events: [] })
    expect(ports.tasks.items.get('task-1')).toBe(item)
  })

  const mine = { ...facts, attempt: 'mine' } as const
  const elsewhere = { ...submitted('theirs'), provider: 'twocaptcha', lost }
  it.each<[string, TaskItem, 'message' | 'callback', string[]]>([
    ['its own, where it was in flight', submitted('mine'), 'message', ['captchaai']],
    [
      'its own, where the table does not know that it was accepted',
      { ...mine, state: 'claimed', leaseUntil: 1 },
      'message',
      ['captchaai'],
    ],
    ['none after a callback: the submit gives it back', { ...mine, state: 'claimed', leaseUntil: 1 }, 'callback', []],
    ['none where its claim was released', { ...mine, state: 'claimed', leaseUntil: 0 }, 'message', []],
    ['none where its answer was lost', { ...mine, state: 'unknown' }, 'message', []],
    [
      'its own, where the task went on without it',
      { ...held, state: 'claimed', leaseUntil: 1 },
      'message',
      ['captchaai'],
    ],
    ['none after a callback about a lost attempt', { ...held, state: 'claimed', leaseUntil: 1 }, 'callback', []],
    ['also that of the attempt in flight', elsewhere, 'message', ['captchaai', 'twocaptcha']],
    ['that of the attempt in flight alone, after a callback', elsewhere, 'callback', ['twocaptcha']],
  ])('gives back places at providers: %s', async (_, item, via, freed) => {
    const handled = await settlePolled(worker(item), { poll, answer: solved, ending: SOLVED }, { ...ME, via })
    expect(handled?.freed ?? []).toEqual(freed)
  })

  /** The item is `before` at the first write and `after` at the second one. */
  const settledBetween = async (before: TaskItem, after: TaskItem) => {
    const ports = worker(before)
    let writes = 0
    const tasks: typeof ports.tasks = {
      ...ports.tasks,
      async apply(transition) {
        const answer = await ports.tasks.apply(transition)
        if (++writes === 1) ports.tasks.items.set('task-1', after)
        return answer
      },
    }
    return settlePolled({ ...ports, tasks }, { poll, answer: solved, ending: SOLVED }, ME)
  }

  it.each<[string, TaskItem]>([
    ['its own claim', { ...mine, state: 'claimed', leaseUntil: 1 }],
    ['the attempt that is under way since its answer was lost', { ...held, state: 'claimed', leaseUntil: 1 }],
  ])('tries the write over %s for as long as the invocation has, where the table does not answer', async (_, item) => {
    const ports = worker(item)
    const tries: number[] = []
    const tasks: typeof ports.tasks = {
      ...ports.tasks,
      apply(transition) {
        const isFirst = transition.kind === 'settle' && transition.fence.state === 'submitted'
        if (isFirst) return ports.tasks.apply(transition)
        tries.push(ports.clock.now() - NOON)
        return Promise.reject(new TypeError('no answer'))
      },
    }
    const settled = settlePolled({ ...ports, tasks }, { poll, answer: solved, ending: SOLVED }, ME)
    await expect(settled).rejects.toThrow('no answer')
    expect([tries[0], tries.at(-1)]).toEqual([0, 55_000])
  })

  it('is polled again where the item changed between the two writes', async () => {
    const before = { ...held, state: 'claimed', leaseUntil: 1 } as const
    expect(await settledBetween(before, { ...before, attempt: 'another' })).toBeNull()
  })

  it('sends what is left to send, and gives no place back, where a callback settled it between the two writes', async () => {
    const { disposition, freed } =
      (await settledBetween({ ...mine, state: 'claimed', leaseUntil: 1 }, settledItem())) ?? {}
    expect([sendsOf({ ...disposition }), freed]).toMatchObject([[['results', { solution: 'token' }]], undefined])
  })
})
