import { describe, expect, it } from 'vitest'
import type { AdmissionReading, Control } from '../../functions/core/admission/item/admission.ts'
import { initialAdmission } from '../../functions/core/admission/item/initial.ts'
import { recaptcha, type SmallFleetOptions, smallFleet } from '../small-fleet.ts'

const withControl = (change: Partial<Control>): AdmissionReading => {
  const first = initialAdmission(['captchaai'])
  return { kind: 'admission', admission: { ...first, control: { ...first.control, ...change } } }
}
const emergency = () => withControl({ mode: 'emergency' })
const withWaits = (fast: number, method = 'userrecaptcha') =>
  withControl({ waits: { [method]: { first: 15, interval: 5, fast } } })

const LIMIT = 30
const WORKERS = 6
const slow: SmallFleetOptions = {
  maxInFlight: LIMIT,
  // 12 to 28 s, 20 on average.
  script: { submit: (_, n) => ({ kind: 'accept', afterSeconds: 12 + ((n * 7) % 17) }) },
}

/** Several environments of submit that receive at the same moment, second by second, and collect. */
function crowd(options: SmallFleetOptions = slow) {
  const fleet = smallFleet(options)
  const workers = Array.from({ length: WORKERS }, () => fleet.environment())
  const inFlight = () =>
    fleet.provider.ledger.length - fleet.results().filter(({ status }) => status === 'solved').length
  const seen = { most: 0, unused: [] as number[] }

  /** Every visible message is received once in this second, each time by all workers at once. */
  async function submitAll() {
    for (;;) {
      const batches = workers.map(() => fleet.queues.tasks.receive(10)).filter((batch) => batch.length > 0)
      if (batches.length === 0) return
      const failed = await Promise.all(batches.map((batch, n) => workers[n]?.(batch, fleet.run()) ?? []))
      const kept = new Set(failed.flat())
      for (const { messageId, receipt } of batches.flat()) if (!kept.has(messageId)) fleet.queues.tasks.remove(receipt)
      seen.most = Math.max(seen.most, inFlight())
    }
  }
  async function second() {
    await submitAll()
    while (fleet.queues.polls.counts().visible > 0) await fleet.collect()
    if (fleet.queues.tasks.held.size > 0) seen.unused.push(LIMIT - inFlight())
    await fleet.clock.advance(1000)
  }
  const send = (count: number, more: Record<string, unknown> = {}) => {
    for (let n = 0; n < count; n += 1) fleet.send(recaptcha({ deadlineSeconds: 3600, ...more }))
  }
  return { fleet, seen, second, send, inFlight }
}
const mean = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length

describe('a burst', () => {
  it('many workers submit at the same moment near the limit: never one task above it; none unused for longer than a parking delay (row 67)', async () => {
    const { fleet, seen, second, send } = crowd()
    send(240)
    for (let n = 0; n < 600 && fleet.results().length < 240; n += 1) await second()
    expect(fleet.results()).toHaveLength(240)
    expect(seen.most).toBe(LIMIT)
    let idle = 0
    let longest = 0
    for (const unused of seen.unused) {
      idle = unused > 0 ? idle + 1 : 0
      longest = Math.max(longest, idle)
    }
    expect(longest).toBeLessThanOrEqual(36)
  })

  it('queue counts lag by a minute: limits hold exactly, whatever the queues tell (row 61)', async () => {
    const { fleet, seen, second, send, inFlight } = crowd()
    // Nothing in submit asks a queue how much it holds: there is no port for it.
    send(40)
    await second()
    expect(inFlight()).toBe(LIMIT)
    send(200)
    for (let n = 0; n < 120; n += 1) await second()
    expect(seen.most).toBe(LIMIT)
    expect(fleet.provider.ledger.length).toBeGreaterThan(4 * LIMIT)
  })

  it('a critical task comes into a burst of a thousand normal ones: submitted within 5 s; the burst drains at ≥ 90 % of the limit; nobody starves (row 66)', async () => {
    const { fleet, seen, second, send } = crowd()
    send(1000)
    for (let n = 0; n < 25; n += 1) await second()
    const waits: number[] = []
    for (let k = 0; k < 8; k += 1) {
      const taskId = `critical-${k}`
      fleet.send(recaptcha({ taskId, priority: 'critical' }))
      const sentAt = fleet.clock.now()
      while (!fleet.provider.submits.some((task) => task.taskId === taskId)) await second()
      waits.push((fleet.clock.now() - sentAt) / 1000)
      for (let n = 0; n < 13; n += 1) await second()
    }
    expect(Math.max(...waits)).toBeLessThanOrEqual(5)
    for (let n = 0; n < 1200 && fleet.results().length < 1008; n += 1) await second()
    expect(fleet.results().filter(({ status }) => status === 'solved')).toHaveLength(1008)
    expect(seen.most).toBe(LIMIT)
    const unused = seen.unused.slice(0, -60)
    console.log(
      `burst of 1,000: mean use ${(1 - mean(unused) / LIMIT).toFixed(3)} of the limit, critical after ${waits.join(', ')} s`,
    )
    expect(1 - mean(unused) / LIMIT).toBeGreaterThanOrEqual(0.9)
  }, 60_000)

  it('a low task in an emergency is never counted as failed, and expires only by its own deadline', async () => {
    const { fleet, second } = crowd({
      ...slow,
      admission: emergency(),
    })
    const id = fleet.send(recaptcha({ priority: 'low', deadlineSeconds: 100 }))
    fleet.send(recaptcha({ priority: 'critical', deadlineSeconds: 300 }))
    await second()
    expect(fleet.provider.submits.map(({ priority }) => priority)).toEqual(['critical'])
    for (let n = 0; n < 40; n += 1) await second()
    expect(fleet.resultsOf(id).map(({ status }) => status)).not.toContain('failed')
    for (let n = 0; n < 80; n += 1) await second()
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved' }])
  })
})

describe('a task arrives so late that it cannot be solved in time', () => {
  it('not bought; expires without a charge; counts against nobody (row 68)', async () => {
    const fleet = smallFleet({ admission: withWaits(12) })
    const late = fleet.send(recaptcha({ deadlineSeconds: 11 }))
    const intime = fleet.send(recaptcha({ deadlineSeconds: 60 }))
    await fleet.submit()
    expect(fleet.provider.submits.map(({ deadlineSeconds }) => deadlineSeconds)).toEqual([60])
    await fleet.drain()
    expect(fleet.resultsOf(late)).toMatchObject([
      { status: 'expired', attempts: 0, error: { while: 'too_late_to_solve' } },
    ])
    expect(fleet.resultsOf(intime)).toMatchObject([{ status: 'solved' }])
    expect(fleet.total((outcome) => outcome.counted + outcome.failed)).toBe(0)
    expect(fleet.total((outcome) => outcome.expiredWaiting)).toBe(1)
  })

  it.each([
    ['within half of the first poll, where no solve was observed', 'userrecaptcha', 7.4, 0],
    ['with half of the first poll left', 'userrecaptcha', 7.5, 1],
    ['within the observed fast solve', 'turnstile', 11.9, 0],
    ['with just the observed fast solve left', 'turnstile', 12, 1],
  ] as const)('%s (%s, %d s) it is bought %i times', async (_, method, remaining, bought) => {
    const fleet = smallFleet({ admission: withWaits(12, 'turnstile') })
    fleet.send(recaptcha({ method, deadlineSeconds: 60 }), {
      enqueuedAt: String(fleet.clock.now() - (60 - remaining) * 1000),
    })
    await fleet.submit()
    expect(fleet.provider.submits).toHaveLength(bought)
  })
})
