import { expect, it } from 'vitest'
import { makeServerClock } from '../../functions/adapters/system/server-clock.ts'
import { CLOCK_OFF_SECONDS } from '../../functions/contract/limits.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'

const MINUTES = 60_000
/** What a server whose clock shows `at` writes into its answer: the second that has begun. */
const headerOf = (at: number) => Math.floor(at / 1000) * 1000

it('is the local clock until a server has answered', () => {
  const clock = makeServerClock(memoryClock(NOON))
  expect(clock.now()).toBe(NOON)
})

it('leaves a clock alone that is within a second', () => {
  for (const skew of [-1000, -900, 0, 900, 1000]) {
    const local = memoryClock(NOON + skew)
    const clock = makeServerClock(local)
    clock.observe(headerOf(NOON), local.now(), local.now())
    expect(clock.now()).toBe(local.now())
  }
})

it('sets a clock right that is two seconds wrong, whichever part of a second has passed', () => {
  for (const skew of [-2000, 2000]) {
    for (const passed of [0, 1, 500, 999]) {
      const local = memoryClock(NOON + passed + skew)
      const clock = makeServerClock(local)
      clock.observe(headerOf(NOON + passed), local.now(), local.now())
      expect(Math.abs(clock.now() - (NOON + passed))).toBeLessThanOrEqual(500)
    }
  }
})

it('workers whose clocks are five minutes apart agree to about a second (row 38)', () => {
  for (const skew of [-5 * MINUTES, -2050, 2050, 5 * MINUTES]) {
    for (const passed of [0, 1, 499, 999]) {
      const at = NOON + passed
      const local = memoryClock(at + skew)
      const clock = makeServerClock(local)
      clock.observe(headerOf(at), local.now() - 20, local.now() + 20)
      expect(Math.abs(clock.now() - at)).toBeLessThanOrEqual(1000)
      expect(Number.isInteger(clock.now())).toBe(true)
    }
  }
})

it('a slow answer tells less, and moves nothing that it does not contradict', () => {
  const local = memoryClock(NOON)
  const clock = makeServerClock(local)
  clock.observe(headerOf(NOON), NOON, NOON + 9000)
  expect(clock.now()).toBe(NOON)
  clock.observe(headerOf(NOON + 4000), NOON, NOON + 9000)
  expect(clock.now()).toBe(NOON)
})

it('is off the table by no more than leases allow for, however wrong the worker was and however slow the answer', () => {
  for (const skew of [-5 * MINUTES, -3000, -2900, -2000, -1000, 0, 1000, 2000, 2900, 3000, 5 * MINUTES]) {
    for (const passed of [0, 1, 500, 999]) {
      for (const [there, back] of [
        [0, 0],
        [900, 0],
        [0, 900],
        [450, 450],
      ] as const) {
        const answeredAt = NOON + passed
        const local = memoryClock(answeredAt + back + skew)
        const clock = makeServerClock(local)
        clock.observe(headerOf(answeredAt), local.now() - back - there, local.now())
        expect(Math.abs(clock.now() - (answeredAt + back))).toBeLessThanOrEqual(CLOCK_OFF_SECONDS * 1000)
      }
    }
  }
})

it('is set to the middle of what the answer leaves open, and sleeps by the local clock', async () => {
  const slept: number[] = []
  const local = { now: () => NOON + 5 * MINUTES, sleep: async (milliseconds: number) => void slept.push(milliseconds) }
  const clock = makeServerClock(local)
  clock.observe(NOON, local.now() - 301, local.now())
  expect([clock.now(), clock.local()]).toEqual([NOON + 651, NOON + 5 * MINUTES])
  await clock.sleep(7)
  expect(slept).toEqual([7])
})

it('follows a local clock that is set right again', () => {
  const local = memoryClock(NOON + 5 * MINUTES)
  const clock = makeServerClock(local)
  clock.observe(headerOf(NOON), local.now(), local.now())
  local.set(NOON + 1000)
  clock.observe(headerOf(NOON + 1000), local.now(), local.now())
  expect(Math.abs(clock.now() - (NOON + 1000))).toBeLessThanOrEqual(1000)
})

it('takes no notice of times that make no sense', () => {
  const clock = makeServerClock(memoryClock(NOON))
  clock.observe(Number.NaN, NOON, NOON)
  clock.observe(NOON, Number.NaN, NOON)
  clock.observe(NOON - MINUTES, NOON + MINUTES, NOON - MINUTES)
  expect(clock.now()).toBe(NOON)
})
