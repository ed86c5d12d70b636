import { deflateSync } from 'node:zlib'
import { marshall } from '@aws-sdk/util-dynamodb'
import { expect, it } from 'vitest'
import { storedControl } from '../../functions/adapters/dynamodb/admission-item.ts'
import { storedOutcome } from '../../functions/adapters/dynamodb/outcome-item.ts'
import { storedTask } from '../../functions/adapters/dynamodb/task-item.ts'
import { EVENT_SOURCES } from '../../functions/contract/event-sources.ts'
import { admissionKey } from '../../functions/contract/table.ts'
import { initialAdmission } from '../../functions/core/admission/item/initial.ts'
import { NOTHING_SPENT, type OutcomeEvent } from '../../functions/core/outcome/event.ts'
import { summarise } from '../../functions/core/outcome/summary-of.ts'
import { METHOD_NAMES } from '../../functions/core/provider/methods.ts'
import { NOON } from '../../sim/memory/clock.ts'
import {
  accountingOf,
  claimedItem,
  expiredItem,
  fullAdmission,
  LONGEST_CODE,
  outcomeItem,
  readinessRecord,
  storedResultOf,
} from './builders.ts'
import { itemBytes } from './item-bytes.ts'

const WRITE_UNIT = 1024
const UUID = '4f0b2c1e-8d3a-4c55-9a71-0e6f2b7d9c10'
const HASH = 'c'.repeat(64)
const SECRET = 'a'.repeat(32)

const outcomeBytes = (events: OutcomeEvent[]) =>
  itemBytes(marshall(storedOutcome({ ...outcomeItem({ invocation: UUID, worker: SECRET }), ...summarise(events) })))
const solved = (n: number, method = 'userrecaptcha', seconds = 5 + n): OutcomeEvent => ({
  kind: 'solved',
  at: NOON + n,
  method,
  seconds,
  spent: NOTHING_SPENT,
})
const slow = (n: number): OutcomeEvent => ({
  kind: 'slow',
  at: NOON,
  taskId: UUID.replace('4f0b', String(1000 + n)),
  method: 'userrecaptcha',
  submittedAt: NOON - 100_000 - n,
})
const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n))

it('the outcome of a usual batch is one write unit', () => {
  const submit = times(10, (n): OutcomeEvent[] => [
    { kind: 'received', at: NOON + n },
    { kind: 'accepted', at: NOON + n, provider: 'captchaai', isSlow: true },
  ]).flat()
  const polled = times(100, (n): OutcomeEvent => ({ kind: 'polled', at: NOON + n }))
  const mixed: OutcomeEvent[] = [
    ...polled,
    ...times(30, (n) => solved(n)),
    ...times(10, (n) => solved(n, 'turnstile')),
    { kind: 'failed', at: NOON, class: 'unsolvable', counted: true, charged: true, spent: NOTHING_SPENT },
    { kind: 'refused', at: NOON, provider: 'captchaai', class: 'capacity', code: 'ERROR_NO_SLOT_AVAILABLE' },
    slow(1),
  ]
  const sizes = { idle: outcomeBytes([]), submit: outcomeBytes(submit), collect: outcomeBytes(mixed) }
  for (const size of Object.values(sizes)) expect(size).toBeLessThanOrEqual(WRITE_UNIT)
})

it('the outcome of the worst batch is two write units', () => {
  const classes = ['transient', 'unsolvable', 'task', 'capacity', 'rate', 'auth', 'uncertain', 'unknown'] as const
  const methods = ['userrecaptcha', 'turnstile', 'hcaptcha', 'cloudflare_challenge', 'bls', 'geetest', 'geetest_v4']
  const worst: OutcomeEvent[] = [
    ...methods.flatMap((method) => times(20, (n) => solved(10 * n, method))),
    ...classes.map(
      (name): OutcomeEvent => ({
        kind: 'failed',
        at: NOON,
        class: name,
        counted: true,
        charged: true,
        spent: NOTHING_SPENT,
      }),
    ),
    ...classes.map(
      (name): OutcomeEvent => ({ kind: 'refused', at: NOON, provider: 'captchaai', class: name, code: LONGEST_CODE }),
    ),
    ...times(10, slow),
  ]
  const size = outcomeBytes(worst)
  expect(size).toBeLessThanOrEqual(2 * WRITE_UNIT)
})

it('the outcome of a batch that solved ten tasks of as many methods, each after minutes, is one write unit', () => {
  const solves = [...METHOD_NAMES, 'other'].map((method, n) => solved(n, method, 299.123))
  expect(solves).toHaveLength(EVENT_SOURCES.collect.batchSize)
  expect(outcomeBytes([...solves, ...times(10, (n): OutcomeEvent => ({ kind: 'polled', at: NOON + n }))])).toBeLessThan(
    WRITE_UNIT,
  )
})

it('the record of a fleet with the most workers, methods and minutes stays below 64 of the 400 KB that an item may have, less than 1 KB of it sums', () => {
  const methods = [...METHOD_NAMES, 'other']
  const solveSeconds = Object.fromEntries(methods.map((name) => [name, times(14, () => 123_456_789)]))
  const solveMs = Object.fromEntries(methods.map((name) => [name, 14 * 123_456_789 * 20_000]))
  const { folded, foldedMinutes, evidence } = readinessRecord()
  const sizeOf = (sums: Record<string, number>): number => {
    const totals = { ...folded, solveSeconds, solveMs: sums, slow: summarise(times(10, slow)).slow }
    const minutes = times(60, () => foldedMinutes).flat()
    const workers = Object.fromEntries(times(500, (n) => [`${SECRET.slice(3)}${100 + n}`, NOON]))
    const full = { ...evidence, totals, minutes, workers }
    return Buffer.byteLength(
      JSON.stringify(readinessRecord({ folded: totals, foldedMinutes: minutes, evidence: full })),
    )
  }
  const size = sizeOf(solveMs)
  expect(size).toBeGreaterThan(40_000)
  expect(size).toBeLessThan(64 * 1024)
  expect(size - sizeOf({})).toBeLessThan(1024)
})

it('each of a task item’s writes is one write unit, the solution aside', () => {
  const facts = { taskId: UUID, attempt: SECRET, origin: UUID, hash: HASH, token: SECRET }
  const settled = expiredItem({
    ...facts,
    state: 'solved',
    settledBy: SECRET,
    accounting: accountingOf(UUID, { via: 'callback', resultMayBeUnsent: true }),
    result: (({ solution: _, ...result }) => result)(storedResultOf(UUID, { captchaId: '7'.repeat(12) })),
  })
  const sizes = {
    claimed: itemBytes(marshall(storedTask(claimedItem(facts)))),
    settled: itemBytes(marshall(storedTask(settled))),
  }
  for (const size of Object.values(sizes)) expect(size).toBeLessThanOrEqual(WRITE_UNIT)
})

it('the admission item with two providers and every field at its longest stays below one write unit', () => {
  const { epoch, counts, control } = fullAdmission()
  const item = { ...admissionKey, schema: 1, by: 'Ab-_12', epoch, ...counts, control: storedControl(control) }
  const size = itemBytes(marshall(item))
  expect(size).toBeGreaterThan(500)
  expect(size).toBeLessThan(WRITE_UNIT)
})

it('the dictionary makes the control of a quiet fleet shorter by a third at least', () => {
  const { control } = initialAdmission(['captchaai', 'twocaptcha'])
  const without = deflateSync(JSON.stringify(control), { level: 9 }).length
  expect(storedControl(control).length).toBeLessThan((2 / 3) * without)
})
