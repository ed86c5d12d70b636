import { expect, it } from 'vitest'
import type { OutcomeItem } from '../../functions/core/outcome/summary.ts'
import { makeRecordOutcome } from '../../functions/worker/record-outcome.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import { memoryLog } from '../../sim/memory/log.ts'

const SECONDS = 20

/** `fails`: of these invocations no write is applied, or it is and its answer is lost. */
function recorder(fails: Map<string, 'lost' | 'unanswered'>) {
  const clock = memoryClock(NOON, { skip: true })
  const { log, lines } = memoryLog()
  const written: OutcomeItem[] = []
  const asked: [string, number, number][] = []
  let isReadable = true
  const record = makeRecordOutcome({
    ...{ clock, log, worker: 'w1', function: 'collect', invocationSeconds: SECONDS },
    outcomes: {
      async write(item) {
        const fate = fails.get(item.invocation)
        if (fate !== 'lost') written.push(item)
        if (fate !== undefined) throw new TypeError('no answer')
      },
      async has(invocation, from, to) {
        asked.push([invocation, from - NOON, to - NOON])
        if (!isReadable) throw new TypeError('no answer')
        return written.some((item) => item.invocation === invocation)
      },
      list: async () => ({ items: [], more: false }),
    },
  })
  const readable = (is: boolean) => {
    isReadable = is
  }
  return { clock, record, written, asked, lines, readable, messages: () => lines.map(({ message }) => message) }
}
const of = (written: readonly OutcomeItem[], invocation: string) =>
  written.filter((item) => item.invocation === invocation)

it('an invocation writes what it did at its end, as this worker and function', async () => {
  const { record, written } = recorder(new Map())
  await record('i1', [{ kind: 'polled', at: NOON }])
  expect(written).toMatchObject([
    { at: NOON, invocation: 'i1', worker: 'w1', function: 'collect', polled: 1, faults: 0 },
  ])
})

it('an item that could not be written is written by the next invocation, with that time and a fault of its own', async () => {
  const fails = new Map([['i1', 'lost' as const]])
  const { clock, record, written, asked, lines } = recorder(fails)
  await record('i1', [{ kind: 'polled', at: NOON }])
  expect(lines).toEqual([
    { level: 'error', message: 'outcome item not written', fields: { invocation: 'i1', error: 'TypeError' } },
  ])
  fails.clear()
  await clock.advance(10_000)
  await record('i2', [])
  await record('i3', [])
  expect(asked).toEqual([['i1', -1000, 10_500]])
  expect(of(written, 'i1')).toMatchObject([{ at: NOON + 10_500, polled: 1, faults: 1 }])
  expect([of(written, 'i2').length, of(written, 'i3').length]).toEqual([1, 1])
})

it('an item whose write was applied after all is not written again', async () => {
  const fails = new Map([['i1', 'unanswered' as const]])
  const { record, written } = recorder(fails)
  await record('i1', [])
  const before = of(written, 'i1').length
  fails.clear()
  await record('i2', [])
  expect(of(written, 'i1')).toHaveLength(before)
})

it('an item of which nobody can say whether it was written waits for the next invocation', async () => {
  const fails = new Map([['i1', 'lost' as const]])
  const { record, written, readable } = recorder(fails)
  await record('i1', [])
  fails.clear()
  readable(false)
  await record('i2', [])
  expect(of(written, 'i1')).toHaveLength(0)
  readable(true)
  await record('i3', [])
  expect(of(written, 'i1')).toHaveLength(1)
})

it.each([
  ['written as long as nobody else counts in its place', (SECONDS - 3) * 1000, 1, []],
  ['given up after that', (SECONDS - 3) * 1000 + 1, 0, ['outcome item given up']],
])('a late item is %s', async (_, ageMs, times, said) => {
  const fails = new Map([['i1', 'lost' as const]])
  const { clock, record, written, lines } = recorder(fails)
  await record('i1', [])
  fails.clear()
  await clock.advance(ageMs - 500)
  await record('i2', [])
  expect(of(written, 'i1')).toHaveLength(times)
  expect(lines.slice(1)).toEqual(said.map((message) => ({ level: 'error', message, fields: { invocation: 'i1' } })))
})

it('the last 20 items wait, so that an environment without a table does not grow', async () => {
  const names = Array.from({ length: 22 }, (_, n) => `i${n}`)
  const fails = new Map(names.map((name) => [name, 'lost' as const]))
  const { clock, record, written, readable } = recorder(fails)
  readable(false)
  for (const name of names) {
    await record(name, [])
    await clock.advance(-500)
  }
  fails.clear()
  readable(true)
  await record('last', [])
  expect(written.map(({ invocation }) => invocation)).toEqual([...names.slice(2), 'last'])
})
