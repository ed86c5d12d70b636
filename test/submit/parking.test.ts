import { describe, expect, it } from 'vitest'
import type { ErrorClass, ProviderFailure } from '../../functions/core/provider/error-class.ts'
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
