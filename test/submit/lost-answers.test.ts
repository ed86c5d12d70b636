import { describe, expect, it } from 'vitest'
import { pingbackAddress, readPingbackPath } from '../../functions/core/task/pingback-address.ts'
import { recaptcha, smallFleet } from '../small-fleet.ts'

describe('a submit whose answer is lost', () => {
  it('submit sent, answer lost (time-out, reset, crash): unknown; no clockUnknown re-buy; re-buy only by the explicit policy, counted (row 7)', async () => {
    const fleet = smallFleet({ script: { submit: (_, n) => (n === 0 ? { kind: 'loseCharged' } : { kind: 'accept' }) } })
    const id = fleet.send(recaptcha())
    await fleet.submit()
    expect(fleet.store.items.get(id)).toMatchObject({ state: 'unknown', charges: 1, uncertainCharges: 1 })
    await fleet.submit()
    expect(fleet.provider.submits).toHaveLength(1)
    await fleet.drain()
    expect(fleet.provider.ledger).toHaveLength(2)
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved', attempts: 2 }])
    expect(fleet.total((o) => o.unknown)).toBe(1)
  })

  it('fails with SUBMIT_UNKNOWN when every re-buy is used up', async () => {
    const fleet = smallFleet({ script: { submit: () => ({ kind: 'loseCharged' }) } })
    const id = fleet.send(recaptcha())
    await fleet.drain()
    expect(fleet.provider.ledger).toHaveLength(2)
    expect(fleet.resultsOf(id)).toMatchObject([
      { status: 'failed', attempts: 2, error: { code: 'SUBMIT_UNKNOWN', class: 'uncertain' } },
    ])
    expect(fleet.total((o) => o.unknown)).toBe(2)
    expect(fleet.total((o) => o.trailingFailures)).toBe(1)
  })

  it('buys nothing again where the policy allows no re-buy', async () => {
    const fleet = smallFleet({ rebuyUnknown: 0, script: { submit: () => ({ kind: 'loseCharged' }) } })
    const id = fleet.send(recaptcha())
    await fleet.drain()
    expect(fleet.provider.ledger).toHaveLength(1)
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'failed', attempts: 1, error: { code: 'SUBMIT_UNKNOWN' } }])
  })

  it('a pingback that arrives meanwhile settles the task instead (row 7)', async () => {
    const fleet = smallFleet({ pingback: true, script: { submit: () => ({ kind: 'loseCharged', afterSeconds: 1 }) } })
    const id = fleet.send(recaptcha())
    await fleet.submit()
    await fleet.clock.advance(2000)
    const [charge] = fleet.provider.ledger
    const called = readPingbackPath(new URL(charge?.pingbackUrl ?? '').pathname)
    await fleet.pingback(called, charge?.captchaId ?? '', fleet.run())
    await fleet.drain()
    expect(fleet.provider.ledger).toHaveLength(1)
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved', attempts: 1, captchaId: charge?.captchaId }])
    expect(fleet.total((o) => o.solved)).toBe(1)
    expect(fleet.total((o) => o.unknown)).toBe(0)
  })

  it('a late proof of a lost attempt settles a task that was bought again meanwhile, and both charges are told', async () => {
    const fleet = smallFleet({
      pingback: true,
      script: {
        submit: (_, n) => (n === 0 ? { kind: 'loseCharged', afterSeconds: 1 } : { kind: 'accept', afterSeconds: 60 }),
      },
    })
    const id = fleet.send(recaptcha())
    await fleet.submit()
    for (let i = 0; i < 10 && fleet.provider.ledger.length < 2; i += 1) {
      await fleet.clock.advance(1000)
      await fleet.submit()
    }
    const [charge] = fleet.provider.ledger
    await fleet.pingback(
      readPingbackPath(new URL(charge?.pingbackUrl ?? '').pathname),
      charge?.captchaId ?? '',
      fleet.run(),
    )
    await fleet.drain()
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved', attempts: 2, captchaId: charge?.captchaId }])
    expect(fleet.total((o) => o.solved + o.unknown)).toBe(2)
  })

  it('forged token, unknown task, wrong state: no change', async () => {
    const fleet = smallFleet({ pingback: true })
    const id = fleet.send(recaptcha())
    await fleet.submit()
    await fleet.clock.advance(30_000)
    const item = fleet.store.items.get(id)
    if (item?.state !== 'submitted') throw new Error('not submitted')
    await fleet.pingback({ taskId: id, attempt: item.attempt, token: 'f'.repeat(32) }, item.captchaId, fleet.run())
    await fleet.pingback(
      { taskId: 'nobody', attempt: item.attempt, token: item.token ?? '' },
      item.captchaId,
      fleet.run(),
    )
    await fleet.pingback({ taskId: id, attempt: item.attempt, token: item.token ?? '' }, 'another-id', fleet.run())
    await fleet.pingback(null, item.captchaId, fleet.run())
    expect(fleet.store.items.get(id)).toEqual(item)
    expect(pingbackAddress('https://x', { ...item, state: 'claimed', leaseUntil: 0 })).toContain(item.token)
  })

  it('crash after the claim, before bytes leave: the lapsed claim counts as a possible charge and is re-bought by policy (rows 6, 10)', async () => {
    let crash = true
    const fleet = smallFleet({
      provider: (real) => ({
        ...real,
        submit: (task, url) => (crash ? new Promise(() => {}) : real.submit(task, url)),
      }),
    })
    const id = fleet.send(recaptcha())
    const [message] = fleet.queues.tasks.receive(1)
    if (message === undefined) throw new Error('no message')
    void fleet.submitUseCase([message], fleet.run())
    await fleet.clock.advance(1)
    expect(fleet.store.items.get(id)).toMatchObject({ state: 'claimed', charges: 0 })
    crash = false
    await fleet.drain()
    expect(fleet.provider.ledger).toHaveLength(1)
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved', attempts: 2 }])
  })
})
