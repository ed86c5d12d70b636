import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import type { TaskStore } from '../../functions/core/ports.ts'
import {
  answerOfRefused,
  applyTransition,
  present,
  type TaskTransition,
  taskIdOf,
} from '../../functions/core/task/lifecycle.ts'
import type { TaskItem } from '../../functions/core/task/task.ts'
import { type MemoryClock, memoryClock, NOON } from '../../sim/memory/clock.ts'
import { accountingOf, claimedItem, expiredItem, MANY_CASES, SEEDED, storedResultOf } from './builders.ts'
import { history } from './task-arbitraries.ts'

/** Makes a store on an empty table whose clock the test moves. */
type MakeTaskStore = (clock: MemoryClock) => Promise<TaskStore>

const APPLIED = { kind: 'applied' }
const ATTEMPT = { taskId: 'task-1', attempt: 'attempt-1' }
const submitted = {
  kind: 'submitted',
  ...ATTEMPT,
  provider: 'captchaai',
  captchaId: '7',
  submittedAt: NOON + 1,
} as const
const settle = (change: Partial<Extract<TaskTransition, { kind: 'settle' }>> = {}): TaskTransition => ({
  kind: 'settle',
  taskId: 'task-1',
  fence: { attempt: 'attempt-1', state: 'submitted' },
  by: 'attempt-1',
  result: storedResultOf('task-1'),
  settledAt: NOON + 20_000,
  accounting: accountingOf('invocation-1'),
  ...change,
})

export function taskStoreContract(make: MakeTaskStore, { runs }: { runs: number }): void {
  describe('task store', () => {
    let clock: MemoryClock
    let store: TaskStore
    const claim = (change: Parameters<typeof claimedItem>[0] = {}, over: TaskItem | null = null) =>
      store.apply({
        kind: 'claim',
        item: claimedItem(change),
        fence: over === null ? null : { attempt: over.attempt, state: 'claimed' },
      })

    beforeEach(async () => {
      clock = memoryClock()
      store = await make(clock)
    })

    it('knows nothing of a task that was never claimed', async () => {
      expect(await store.read('task-1')).toBeUndefined()
      expect(await store.apply(submitted)).toEqual({ kind: 'refused', found: undefined })
    })

    it('one winner when 50 workers claim one task at once, and the losers see the winner (row 2)', async () => {
      const attempts = Array.from({ length: 50 }, (_, n) => `worker-${n}`)
      const answers = await Promise.all(attempts.map((attempt) => claim({ attempt })))
      const winners = attempts.filter((_, n) => answers[n]?.kind === 'applied')
      expect(winners).toHaveLength(1)
      const won = claimedItem({ attempt: String(winners[0]) })
      expect(await store.read('task-1')).toEqual(won)
      for (const answer of answers) {
        if (answer.kind === 'refused') expect(answer.found).toEqual(won)
      }
    })

    it('one winner when 50 workers take over a released task at once', async () => {
      await claim()
      await store.apply({ kind: 'release', ...ATTEMPT, after: 'refusal' })
      const free = claimedItem({ leaseUntil: 0 })
      const attempts = Array.from({ length: 50 }, (_, n) => `worker-${n}`)
      const answers = await Promise.all(attempts.map((attempt) => claim({ attempt }, free)))
      expect(answers.filter(({ kind }) => kind === 'applied')).toHaveLength(1)
    })

    it('an HTTP error is counted in the write that releases the claim, once although it is sent twice', async () => {
      await claim({ httpErrors: 2 })
      const release = { kind: 'release', ...ATTEMPT, after: 'httpError' } as const
      expect(await store.apply(release)).toEqual(APPLIED)
      expect(await store.apply(release)).toEqual(APPLIED)
      expect(await store.read('task-1')).toEqual(claimedItem({ httpErrors: 3, leaseUntil: 0 }))
    })

    it('one outcome when 20 workers settle one task at once', async () => {
      await claim()
      await store.apply(submitted)
      const workers = Array.from({ length: 20 }, (_, n) => `invocation-${n}`)
      const answers = await Promise.all(workers.map((id) => store.apply(settle({ accounting: accountingOf(id) }))))
      const winner = workers.filter((_, n) => answers[n]?.kind === 'applied')
      expect(winner).toHaveLength(1)
      expect(await store.read('task-1')).toMatchObject({ state: 'solved', accounting: { invocation: winner[0] } })
    })

    it('counts the charge when a submit is recorded, and keeps it through a re-submit', async () => {
      await claim()
      expect(await store.apply(submitted)).toEqual(APPLIED)
      expect(await store.apply({ kind: 'resubmit', ...ATTEMPT, why: 'unsolvable' })).toEqual(APPLIED)
      expect(await store.read('task-1')).toEqual(claimedItem({ charges: 1, unsolvable: 1, leaseUntil: 0 }))
    })

    it('remembers an attempt whose answer was lost', async () => {
      await claim({ lost: [{ attempt: 'earlier' }] })
      expect(await store.apply({ kind: 'lose', ...ATTEMPT, provider: 'captchaai' })).toEqual(APPLIED)
      const lost = {
        state: 'unknown',
        charges: 1,
        uncertainCharges: 1,
        lost: [{ attempt: 'earlier' }, { attempt: 'attempt-1', provider: 'captchaai' }],
      }
      expect(await store.read('task-1')).toMatchObject(lost)
    })

    it('settles any open state of an attempt where the fence names none', async () => {
      const lost = { kind: 'lose', ...ATTEMPT, provider: 'captchaai' } as const
      for (const open of [[], [submitted], [lost]]) {
        const taskId = `task-${open[0]?.kind ?? 'claimed'}`
        await claim({ taskId })
        for (const event of open) await store.apply({ ...event, taskId })
        const event = settle({ taskId, fence: { attempt: 'attempt-1', state: null }, result: storedResultOf(taskId) })
        expect(await store.apply(event)).toEqual(APPLIED)
        expect(await store.read(taskId)).toMatchObject({ state: 'solved', settledBy: 'attempt-1' })
      }
    })

    it('our own write, sent twice, counts as applied and changes nothing more', async () => {
      const events: TaskTransition[] = [
        { kind: 'claim', item: claimedItem(), fence: null },
        { kind: 'release', ...ATTEMPT, after: 'refusal' },
        submitted,
        settle(),
        { kind: 'transferAccounting', taskId: 'task-1', from: 'invocation-1', to: accountingOf('invocation-2') },
      ]
      for (const event of events) {
        expect(await store.apply(event), event.kind).toEqual(APPLIED)
        const once = await store.read('task-1')
        expect(await store.apply(event), `${event.kind} again`).toEqual(APPLIED)
        expect(await store.read('task-1'), `${event.kind} again`).toEqual(once)
      }
    })

    it('an item past its TTL is absent: it is not read, not changed, and claimed anew', async () => {
      const ttl = NOON / 1000 + 10
      await claim({ ttl })
      clock.set(NOON + 9999)
      expect(await store.read('task-1')).toBeDefined()
      expect(await claim({ attempt: 'attempt-2' })).toMatchObject({ kind: 'refused' })
      clock.set(NOON + 10_000)
      expect(await store.read('task-1')).toBeUndefined()
      expect(await store.apply(submitted)).toEqual({ kind: 'refused', found: undefined })
      expect(await store.apply(settle())).toEqual({ kind: 'refused', found: undefined })
      expect(await claim({ attempt: 'attempt-2' })).toEqual(APPLIED)
      expect(await store.read('task-1')).toEqual(claimedItem({ attempt: 'attempt-2' }))
    })

    it('a task that expired before any attempt is settled once', async () => {
      const item = expiredItem()
      expect(await store.apply({ kind: 'settleUnclaimed', item })).toEqual(APPLIED)
      const other = expiredItem({ attempt: 'attempt-2', accounting: accountingOf('invocation-2') })
      expect(await store.apply({ kind: 'settleUnclaimed', item: other })).toEqual({ kind: 'refused', found: item })
    })

    it('whatever the provider answers with comes back as it was', async () => {
      const nested = (depth: number): Record<string, unknown> => (depth === 0 ? {} : { in: nested(depth - 1) })
      const solutions = [
        '',
        'a|b ERROR_ \u0000 \uFFFF 🙂',
        { geetest_challenge: 'c', geetest_validate: 'v', geetest_seccode: 's|jordan' },
        { empty: '', none: null, list: [], map: {}, yes: true, list2: [1, 'a', null] },
        { big: 1e300, small: 5e-324, integer: 2 ** 53 + 2, negative: -1e21 },
        { '': 'an empty name' },
        { half: '\ud800' },
        { bytes: 'x'.repeat(64 * 1024) },
        JSON.parse('{"__proto__": {"polluted": true}}'),
        nested(27),
        nested(100),
      ]
      for (const [n, solution] of solutions.entries()) {
        const taskId = `task-${n}`
        await claim({ taskId })
        const fence = { attempt: 'attempt-1', state: null }
        expect(await store.apply(settle({ taskId, fence, result: storedResultOf(taskId, { solution }) }))).toEqual(
          APPLIED,
        )
        const item = await store.read(taskId)
        const found = item !== undefined && 'result' in item ? item.result.solution : undefined
        expect(sorted(found), `solution ${n}`).toEqual(sorted(solution))
      }
    })

    it(`answers and stores what the lifecycle says, for ${runs} histories of events`, MANY_CASES, async () => {
      let run = 0
      const applied = new Set<string>()
      await fc.assert(
        fc.asyncProperty(history, async (steps) => {
          const prefix = `run-${++run}-`
          const items = new Map<string, TaskItem>()
          clock.set(NOON)
          for (const { events, fitting, after } of steps) {
            const allowed = (event: TaskTransition) =>
              applyTransition(items.get(taskIdOf(event)), event, clock.now()) !== null
            const named = events.map((event) => renamed(event, prefix))
            const event = named.find((event) => !fitting || allowed(event)) ?? named[0]
            if (event === undefined) continue
            const taskId = taskIdOf(event)
            const before = items.get(taskId)
            const item = applyTransition(before, event, clock.now())
            if (item !== null) {
              items.set(taskId, item)
              applied.add(event.kind)
            }
            const found = present(before, clock.now())
            expect(await store.apply(event)).toEqual(item !== null ? APPLIED : answerOfRefused(found, event))
            expect(await store.read(taskId)).toEqual(present(items.get(taskId), clock.now()))
            clock.set(clock.now() + after)
          }
        }),
        { numRuns: runs, ...SEEDED },
      )
      const kinds = [
        'claim',
        'lose',
        'release',
        'resubmit',
        'settle',
        'settleUnclaimed',
        'submitted',
        'transferAccounting',
      ]
      expect([...applied].sort()).toEqual(kinds)
    })
  })
}

/** A table keeps no order of names; this one tells even `__proto__`. */
const sorted = (value: unknown): unknown =>
  typeof value === 'object' && value !== null
    ? [
        Array.isArray(value),
        Object.entries(value)
          .map(([key, inner]) => [key, sorted(inner)])
          .sort(),
      ]
    : value

/** Each history gets tasks of its own, so that they need no table of their own. */
function renamed(event: TaskTransition, prefix: string): TaskTransition {
  const taskId = `${prefix}${taskIdOf(event)}`
  if (event.kind === 'claim') return { ...event, item: { ...event.item, taskId } }
  if (event.kind === 'settleUnclaimed') return { ...event, item: { ...event.item, taskId } }
  return { ...event, taskId }
}
