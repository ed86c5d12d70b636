import { expect, it } from 'vitest'
import {
  invocationOf,
  parseOutcome,
  sortableTime,
  storedOutcome,
} from '../../functions/adapters/dynamodb/outcome-item.ts'
import { parseRecord } from '../../functions/adapters/dynamodb/record-item.ts'
import { parseTaskItem, storedTask } from '../../functions/adapters/dynamodb/task-item.ts'
import type { TaskItem } from '../../functions/core/task/task.ts'
import { NOON } from '../../sim/memory/clock.ts'
import { claimedItem, expiredItem, outcomeItem, readinessRecord, storedResultOf } from './builders.ts'

it('a record and an outcome that were stored before refusals were told are read, so that a deploy forgets nothing', () => {
  const isNew = (name: string) => name === 'accountAnswers' || name === 'workersRefused'
  const older = JSON.stringify(readinessRecord(), (name, value) => (isNew(name) ? undefined : value))
  expect(older).not.toMatch(/accountAnswers|workersRefused/)
  expect(parseRecord({ record: older })).toMatchObject({
    record: {
      folded: { solved: 3, accountAnswers: {} },
      evidence: { providers: [{ workersRefused: null }], totals: { accountAnswers: {} } },
    },
  })
  expect(parseOutcome(storedOutcome(outcomeItem({ solved: 1 })))).toMatchObject({ solved: 1, accountAnswers: {} })
})

it('a record that was stored before the item counted solves is read, and proves nothing by them', () => {
  const older = JSON.stringify(readinessRecord(), (name, value) => (name === 'ended' ? undefined : value))
  expect(parseRecord({ record: older })).toMatchObject({ record: { evidence: { ended: null } } })
  const now = parseRecord({ record: JSON.stringify(readinessRecord()) })
  expect(now).toMatchObject({ record: { evidence: { ended: { solved: 7654, failed: 321 } } } })
})

it('what a record of an earlier version does not tell is unknown, and no breaker is taken for open', () => {
  const missing = [
    ...['burnPerSecond', 'backAt', 'breaker', 'usableAgainAt', 'recovery', 'pause'],
    ...['drift', 'changes', 'history', 'lost', 'slowSubmits'],
  ]
  const older = JSON.stringify(readinessRecord(), (name, value) => (missing.includes(name) ? undefined : value))
  const parsed = parseRecord({ record: older })
  const breaker = { state: 'closed', since: null, cause: null, isProven: true }
  expect(parsed).toMatchObject({
    record: {
      ...{ drift: null, changes: [], history: null },
      folded: { lost: {}, slowSubmits: {}, changes: [] },
      evidence: {
        ...{ usableAgainAt: null, recovery: null, pause: null },
        providers: [{ burnPerSecond: null, backAt: null, breaker }],
      },
    },
  })
})

it('times sort as text, and those of no calendar are the nearest that do', () => {
  expect([-1, 0, 1_795_262_400_000, 1e15].map(sortableTime)).toEqual([
    ...['1970-01-01T00:00:00.000Z', '1970-01-01T00:00:00.000Z'],
    ...['2026-11-21T12:00:00.000Z', '9999-12-31T00:00:00.000Z'],
  ])
  expect(invocationOf(`${sortableTime(0)}#a#b`)).toBe('a#b')
})

it('a record or a task that cannot be read is told with the whole path of each field that is wrong, and none of its values', () => {
  const record = readinessRecord()
  const queue = { ...record.evidence.queue, waiting: 'secret' }
  const broken = { ...record, evidence: { ...record.evidence, queue }, folded: { ...record.folded, solved: 'secret' } }
  expect(parseRecord({ record: JSON.stringify(broken) })).toEqual({
    unreadable: 'corrupt: folded.solved, evidence.queue.waiting',
  })
  const { result, ...item } = expiredItem()
  expect(() => parseTaskItem({ ...item, result: { ...result, attempts: 'secret' }, ttl: 'secret' })).toThrow(
    /^corrupt task item: ttl, result\.attempts$/,
  )
  for (const solution of [null, ['secret'], 7])
    expect(() => parseTaskItem({ ...item, result: { ...result, solution } })).toThrow(
      /^corrupt task item: result\.solution$/,
    )
  expect(() => parseTaskItem('secret')).toThrow(/^corrupt task item: the item$/)
})

it('an outcome that cannot be read is an error that names what is wrong and none of its values', () => {
  const stored = storedOutcome(outcomeItem())
  expect(() => parseOutcome({ ...stored, solved: 'secret', worker: 7 })).toThrow(
    /^corrupt outcome item: solved, worker$/,
  )
  for (const sk of ['secret', '', undefined])
    expect(() => parseOutcome({ ...stored, sk })).toThrow(/^corrupt outcome item: sk$/)
})

it('a record is read whole, with what a later version added at every depth that may grow', () => {
  const record = readinessRecord({
    drift: {
      sample: { at: NOON, counted: 5, polls: 3, received: 2, accepted: 70, settled: 66, refused: 4, probes: 1 },
      surplus: { since: NOON - 60_000, tasks: 1 },
      reserved: 6,
    },
  })
  const [first] = record.evidence.providers
  const later = {
    ...record,
    later: 1,
    raw: { ...record.raw, later: 2 },
    trace: record.trace.map((entry) => ({ ...entry, later: 3 })),
    changes: record.changes.map((change) => ({ ...change, later: 4 })),
    drift: { ...record.drift, later: 5, sample: { ...record.drift?.sample, later: 6 } },
    evidence: {
      ...record.evidence,
      later: 7,
      queue: { ...record.evidence.queue, received: 9, later: 8 },
      providers: [{ ...first, later: 9, breaker: { ...first?.breaker, later: 10 } }],
    },
  }
  expect(parseRecord({ record: JSON.stringify(record) })).toEqual({ record })
  expect(parseRecord({ record: JSON.stringify(later) })).toEqual({ record: later })
})

it('a task is read whole in each state, with all that it may hold', () => {
  const {
    state: _state,
    leaseUntil: _lease,
    ...facts
  } = claimedItem({
    ...{ charges: 3, uncertainCharges: 1, unsolvable: 1, lostIdResubmits: 1, httpErrors: 2, token: 'secret' },
    lost: [{ attempt: 'attempt-0', provider: 'twocaptcha' }],
  })
  const error = { code: 'DEADLINE_EXCEEDED', class: 'deadline', message: 'Over.', while: 'paused' }
  const items: TaskItem[] = [
    { ...facts, state: 'claimed', leaseUntil: NOON + 5, provider: 'captchaai' },
    { ...facts, state: 'claimed', leaseUntil: 0 },
    { ...facts, state: 'unknown' },
    { ...facts, state: 'submitted', provider: 'captchaai', captchaId: '7', submittedAt: NOON + 3 },
    {
      ...{ ...facts, state: 'expired', settledAt: NOON + 9, settledBy: null },
      result: { ...storedResultOf('task-1', { status: 'expired' }), error },
      accounting: { invocation: null, via: 'callback', since: NOON + 8, resultMayBeUnsent: true },
    },
  ]
  for (const item of items) expect(parseTaskItem(storedTask(item))).toEqual(item)
})
