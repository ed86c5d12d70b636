import { expect, it } from 'vitest'
import { systemClock } from '../../functions/adapters/system/clock.ts'
import { randomIds } from '../../functions/adapters/system/ids.ts'

it('secrets are 128 bits in lower-case hex, and no two are the same', () => {
  const secrets = Array.from({ length: 10_000 }, () => randomIds.secret())
  expect(secrets.every((secret) => /^[0-9a-f]{32}$/.test(secret))).toBe(true)
  expect(new Set(secrets).size).toBe(secrets.length)
})

it('fractions are spread over 0 to 1', () => {
  const fractions = Array.from({ length: 10_000 }, () => randomIds.fraction())
  expect(Math.min(...fractions)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...fractions)).toBeLessThan(1)
  const mean = fractions.reduce((sum, fraction) => sum + fraction, 0) / fractions.length
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.05)
})

it('the system clock tells milliseconds since 1970, and sleeps as many as it is told', async () => {
  const before = Date.now()
  const began = performance.now()
  await systemClock.sleep(5)
  expect(performance.now() - began).toBeGreaterThanOrEqual(4)
  expect(performance.now() - began).toBeLessThan(1000)
  expect(systemClock.now()).toBeGreaterThanOrEqual(before)
  expect(systemClock.now()).toBeLessThanOrEqual(Date.now())
})
