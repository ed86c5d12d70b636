import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startSchedule } from '../../local/lambda/schedule.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A schedule of five seconds; each call runs until it is told to end. */
function scheduled() {
  const began = Date.now()
  const calls: { at: number; end: (error?: Error) => void }[] = []
  const schedule = startSchedule(5, () => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    calls.push({ at: Date.now() - began, end: (error) => (error === undefined ? resolve() : reject(error)) })
    return promise
  })
  const times = () => calls.map(({ at }) => at)
  return { schedule, calls, times, pass: (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds) }
}

it('a schedule calls at once and then at each interval, also after calls that failed, until it is stopped', async () => {
  const { schedule, calls, times, pass } = scheduled()
  expect(times()).toEqual([0])
  calls[0]?.end(new Error('no'))
  await schedule.first
  for (let n = 1; n <= 2; n += 1) {
    await pass(5000)
    calls[n]?.end(new Error('no again'))
  }
  expect(times()).toEqual([0, 5000, 10_000])
  schedule.stop()
  await pass(60_000)
  expect(times()).toEqual([0, 5000, 10_000])
})

it('a call that is due while two are running is left out, and none is made up for', async () => {
  const { schedule, calls, times, pass } = scheduled()
  await pass(19_000)
  expect(times()).toEqual([0, 5000])
  calls[0]?.end()
  await pass(1000)
  expect(times()).toEqual([0, 5000, 20_000])
  schedule.stop()
})
