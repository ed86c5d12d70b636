import { describe, expect, it } from 'vitest'
import type { ErrorClass, ProviderFailure } from '../../functions/core/provider/error-class.ts'
import { parkSeconds } from '../../functions/submit/park-delay.ts'
import type { SubmitFate } from '../../sim/memory/provider.ts'
import { recaptcha, smallFleet } from '../small-fleet.ts'

const refuse = (kind: ErrorClass, code: string, more: Partial<ProviderFailure> = {}): SubmitFate => ({
  kind: 'refused',
  failure: { class: kind, code, message: 'The provider said no.', ...more },
})

describe('a submit that is refused', () => {
  for (const [kind, code] of [
    ['capacity', 'ERROR_NO_SLOT_AVAILABLE'],
    ['rate', 'MAX_USER_TURN'],
    ['transient', 'HTTP_502'],
    ['auth', 'ERROR_KEY_DOES_NOT_EXIST'],
    ['funds', 'ERROR_ZERO_BALANCE'],
    ['blocked', 'IP_BANNED'],
  ] as const) {
    it(`${kind}: parks the task, spends no receive count, and solves it when the provider takes it`, async () => {
      const fleet = smallFleet({ script: { submit: (_, n) => (n < 2 ? refuse(kind, code) : { kind: 'accept' }) } })
      const id = fleet.send(recaptcha({ deadlineSeconds: 3600 }))
      await fleet.submit()
      const [copy] = [...fleet.queues.tasks.held.values()]
      expect(copy).toMatchObject({ receiveCount: 0, attributes: { taskId: id, parks: '1', origin: id } })
      expect(Number(copy?.attributes.enqueuedAt)).toBe(copy?.sentAt)
      expect(fleet.store.items.get(id)).toMatchObject({ state: 'claimed', leaseUntil: 0, charges: 0 })
      await fleet.drain()
      expect(fleet.provider.ledger).toHaveLength(1)
      expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved', attempts: 1 }])
      expect(fleet.total((o) => o.failed + o.counted)).toBe(0)
      expect(fleet.queues.deadLetters.held.size).toBe(0)
    })

    it(`${kind}: expires the task without a charge when its deadline passes, and counts nowhere`, async () => {
      const fleet = smallFleet({ script: { submit: () => refuse(kind, code) } })
      const id = fleet.send(recaptcha({ deadlineSeconds: 120 }))
      await fleet.drain()
      expect(fleet.resultsOf(id)).toMatchObject([{ status: 'expired', attempts: 0 }])
      expect(fleet.total((o) => o.expiredWaiting)).toBe(1)
      expect(fleet.total((o) => o.trailingFailures)).toBe(0)
    })
  }

  for (const [kind, code, counted] of [
    ['task', 'ERROR_GOOGLEKEY', 0],
    ['unknown', 'ERROR_FULL_MOON', 1],
  ] as const) {
    it(`${kind}: fails the task at once, with the code, for no charge`, async () => {
      const fleet = smallFleet({ script: { submit: () => refuse(kind, code) } })
      const id = fleet.send(recaptcha())
      await fleet.submit()
      expect(fleet.resultsOf(id)).toMatchObject([
        { status: 'failed', attempts: 0, provider: 'captchaai', error: { code, class: kind } },
      ])
      expect(fleet.provider.submits).toHaveLength(1)
      expect(fleet.total((o) => o.counted)).toBe(counted)
      await fleet.drain()
      expect(fleet.provider.submits).toHaveLength(1)
    })
  }

  it('a 429 or a rate lock is honoured: every submit to that provider is held for as long as it asks, and nothing is dead-lettered (row 21)', async () => {
    const fleet = smallFleet({
      script: {
        submit: (_, n) => (n === 0 ? refuse('rate', 'HTTP_429', { retryAfterSeconds: 40 }) : { kind: 'accept' }),
      },
    })
    fleet.send(recaptcha({ taskId: 'first' }))
    await fleet.submit()
    fleet.send(recaptcha({ taskId: 'second' }))
    for (let i = 0; i < 39; i += 1) {
      await fleet.submit()
      await fleet.clock.advance(1000)
    }
    expect(fleet.provider.submits).toHaveLength(1)
    await fleet.drain()
    expect(fleet.provider.ledger).toHaveLength(2)
    expect(fleet.queues.deadLetters.held.size).toBe(0)
  })

  it('keeps the fleet within maxInFlight and parks the rest', async () => {
    const fleet = smallFleet({ maxInFlight: 4 })
    for (let i = 0; i < 10; i += 1)
      fleet.send(recaptcha({ taskId: `t-${i}`, priority: i === 9 ? 'critical' : 'normal' }))
    await fleet.submit()
    expect(fleet.provider.ledger).toHaveLength(4)
    expect(fleet.provider.submits.map((task) => task.taskId)).toContain('t-9')
    await fleet.submit()
    expect(fleet.provider.ledger).toHaveLength(4)
    await fleet.drain()
    expect(fleet.results().filter((result) => result.status === 'solved')).toHaveLength(10)
  })
})

describe('the delay of a parked task', () => {
  const bounds = { untilDeadline: 3600, longest: 900 }
  it('grows with every park up to its limit, spread by a fifth', () => {
    const at = (parks: number, fraction: number) => parkSeconds('capacity', parks, fraction, bounds)
    expect([0, 1, 2, 3, 20].map((parks) => at(parks, 0.5))).toEqual([5, 8, 12, 17, 30])
    expect(at(0, 0)).toBe(4)
    expect(at(0, 0.99)).toBe(6)
  })
  it('is never shorter than the provider asks and never reaches far past the deadline', () => {
    expect(parkSeconds('rate', 0, 0.5, { ...bounds, atLeast: 44.2 })).toBe(45)
    expect(parkSeconds('spend', 9, 0.5, { untilDeadline: 7.5, longest: 900 })).toBe(9)
    expect(parkSeconds('spend', 9, 0.5, { untilDeadline: 3600, atLeast: 5000, longest: 900 })).toBe(900)
    expect(parkSeconds('capacity', 0, 0, { untilDeadline: 0, longest: 900 })).toBe(1)
    expect(parkSeconds('store', 20, 0.5, { untilDeadline: 7.5, longest: 900 })).toBe(9)
  })
  it('grows after the deadline too where the table is silent, so that nothing loops each second', () => {
    const late = (parks: number) => parkSeconds('store', parks, 0.5, { untilDeadline: 0, longest: 900 })
    expect([0, 1, 2, 20].map(late)).toEqual([5, 8, 12, 60])
  })
})
