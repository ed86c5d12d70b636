import { describe, expect, it } from 'vitest'
import type { Accounting } from '../../functions/core/task/accounting.ts'
import type { TaskTransition } from '../../functions/core/task/lifecycle.ts'
import { makeAccountingOwner } from '../../functions/worker/accounting-owner.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import { accountingOf, expiredItem } from '../stores/builders.ts'

const SECONDS = 18
const TIMEOUT = 2 * SECONDS * 1000
const DAY = 86_400_000
const ME = { id: 'invocation-2', via: 'message' } as const

interface Found extends Partial<Accounting> {
  isReported?: boolean
  /** The take-over meets an item that was taken over meanwhile. */
  isRefused?: boolean
}
const CALLBACK = { via: 'callback' } as const

/** A settled task is found `age` ms after its owner became the owner. `isReported`: the owner wrote its outcome item. */
async function found(
  age: number,
  { isReported = false, isRefused = false, invocation = 'invocation-1', ...accounting }: Found = {},
) {
  const asked: [string, number, number][] = []
  const applied: TaskTransition[] = []
  const owner = makeAccountingOwner({
    clock: memoryClock(NOON + age),
    invocationSeconds: SECONDS,
    tasks: {
      read: async () => undefined,
      async apply(transition) {
        applied.push(transition)
        return isRefused ? { kind: 'refused', found: undefined } : { kind: 'applied' }
      },
    },
    outcomes: {
      write: async () => {},
      list: async () => ({ items: [], more: false }),
      async has(...query) {
        asked.push(query)
        return isReported
      },
    },
  })
  // Settled long before: another owner has taken it over since.
  const settledAt = NOON - 3 * TIMEOUT
  const item = expiredItem({ settledAt, accounting: accountingOf(invocation, { since: NOON, ...accounting }) })
  return { taken: (await owner.takeOver(item, ME)).taken, asked, applied, owner, item }
}

describe('the accounting of a settled task that is found again', () => {
  it.each([
    ['is left to its owner while that may still report', TIMEOUT - 1, {}, false],
    ['is taken over once the owner has had its time and wrote nothing', TIMEOUT, {}, true],
    ['is left to an owner that reported', TIMEOUT, { isReported: true }, false],
    ['is taken over up to a day later', DAY, {}, true],
    ['is left alone after a day, when the outcome item may have been deleted', DAY + 1, {}, false],
    ['is taken over at once where it has no owner', 0, { invocation: null }, true],
    ['is this invocation’s own already', TIMEOUT, { invocation: ME.id }, false],
    ['is left to another invocation that takes it over at the same time', TIMEOUT, { isRefused: true }, false],
  ])('%s', async (_, age, options, expected) => {
    expect((await found(age, options)).taken).toBe(expected)
  })

  it('is looked for from one time-out before its owner took it until now', async () => {
    const { asked } = await found(TIMEOUT + 5)
    expect(asked).toEqual([['invocation-1', NOON - TIMEOUT, NOON + TIMEOUT + 5]])
  })

  it('is taken from the owner that was found, and from nobody else', async () => {
    const { applied } = await found(TIMEOUT, { ...CALLBACK, resultMayBeUnsent: true })
    const to = { invocation: ME.id, via: 'message', since: NOON + TIMEOUT, resultMayBeUnsent: true }
    expect(applied).toEqual([{ kind: 'transferAccounting', taskId: 'task-1', from: 'invocation-1', to }])
  })
})

it.each([
  ['a callback that settled it just now', 'callback', 'invocation-1', TIMEOUT - 1, true],
  ['a callback that has had its time', 'callback', 'invocation-1', TIMEOUT, false],
  ['a callback that gave it back', 'callback', null, 0, false],
  ['a message', 'message', 'invocation-1', 0, false],
] as const)(
  'whether the result of a task may still be on its way that was settled by %s',
  async (_, via, invocation, age, expected) => {
    const { owner } = await found(age)
    // The time of the settlement counts, whoever became its owner when.
    for (const since of [NOON - 3 * TIMEOUT, NOON, NOON + TIMEOUT]) {
      const accounting = accountingOf(invocation, { via, since })
      expect(owner.mayStillReport(expiredItem({ settledAt: NOON, accounting }))).toBe(expected)
    }
  },
)

it.each([
  ['a callback that has had its time and reported', TIMEOUT, { ...CALLBACK, isReported: true }, true, 1],
  ['a callback that has had its time and wrote nothing', TIMEOUT, CALLBACK, false, 1],
  ['a callback that may still crash', TIMEOUT - 1, { ...CALLBACK, isReported: true }, false, 0],
  ['a callback that could not send', TIMEOUT, { ...CALLBACK, isReported: true, resultMayBeUnsent: true }, false, 0],
  ['a callback that gave it back', TIMEOUT, { ...CALLBACK, invocation: null }, false, 0],
  ['a message', TIMEOUT, { isReported: true }, false, 0],
])('whether nothing is left to do for a task that was settled by %s', async (_, age, options, expected, times) => {
  const { owner, item, asked } = await found(age, options)
  asked.splice(0)
  expect([await owner.hasReportedCallback(item), asked.length]).toEqual([expected, times])
})
