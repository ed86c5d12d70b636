import { describe, expect, it } from 'vitest'
import { leaseSeconds, workerTimeoutSeconds } from '../../functions/contract/limits.ts'
import { initialAdmission } from '../../functions/core/admission/item/initial.ts'
import type { MessageSender, TaskStore } from '../../functions/core/ports.ts'
import { readPingbackPath } from '../../functions/core/task/pingback-address.ts'
import type { MemoryClock } from '../../sim/memory/clock.ts'
import { recaptcha, type SmallFleetOptions, smallFleet } from '../small-fleet.ts'

const TABLE_CALL_MS = 6000

/** A table that hears a claim late and never answers about what comes after it: each such call takes its whole time. */
function stalled(kinds: string[]) {
  const world: { clock: MemoryClock | null; sentAt: Record<string, number> } = { clock: null, sentAt: {} }
  const pass = async (milliseconds: number) => {
    await world.clock?.sleep(milliseconds)
  }
  const options: SmallFleetOptions = {
    tasks: (real: TaskStore): TaskStore => ({
      ...real,
      async apply(event, withinMs) {
        if (event.kind === 'claim') await pass(4000)
        if (!kinds.includes(event.kind)) return real.apply(event)
        await pass(Math.min(withinMs ?? TABLE_CALL_MS, TABLE_CALL_MS))
        throw new Error('no answer')
      },
    }),
    sender: (real: MessageSender): MessageSender => ({
      async send(queue, messages) {
        world.sentAt[queue] ??= world.clock?.now() ?? 0
        return real.send(queue, messages)
      },
    }),
    provider: (real) => ({
      ...real,
      async submit(task, url) {
        await pass(10_000)
        return real.submit(task, url)
      },
    }),
  }
  return { world, options }
}

describe('what comes after a paid call ends within the time that is left of the invocation', () => {
  it('the last try to record a submit is cut so that its id is sent on before the function ends', async () => {
    const { world, options } = stalled(['submitted'])
    const fleet = smallFleet(options)
    world.clock = fleet.clock
    fleet.send(recaptcha())
    const endsAt = fleet.clock.now() + workerTimeoutSeconds(10) * 1000
    await fleet.submit()
    expect(world.sentAt.polls).toBeLessThanOrEqual(endsAt - 1000)
    const [poll] = fleet.queues.polls.held.values()
    expect(JSON.parse(poll?.body ?? '{}')).toMatchObject({ recorded: false, item: { captchaId: '7000000000' } })
  })

  it.each([
    ['a refusal', { kind: 'refused', failure: { class: 'capacity', code: 'ERROR_NO_SLOT_AVAILABLE', message: 'no' } }],
    ['an HTTP error', { kind: 'httpError', failure: { class: 'transient', code: 'HTTP_502', message: 'no' } }],
    ['a lost answer', { kind: 'lose' }],
  ] as const)('so is the try to release or to lose a claim after %s, so that the task is parked', async (_, fate) => {
    const { world, options } = stalled(['release', 'lose'])
    const fleet = smallFleet({ ...options, script: { submit: () => fate } })
    world.clock = fleet.clock
    fleet.send(recaptcha())
    const endsAt = fleet.clock.now() + workerTimeoutSeconds(10) * 1000
    await fleet.submit()
    expect(world.sentAt.tasks).toBeLessThanOrEqual(endsAt - 1000)
    expect(fleet.queues.tasks.held.size).toBe(1)
  })
})

describe('the lease of a claim', () => {
  it('outlives the invocation that claimed by what two clocks may differ, whatever the time-out of a provider call', () => {
    for (const providerTimeoutSeconds of [1, 1.5, 2, 5, 7, 10, 30, 60]) {
      const limit = workerTimeoutSeconds(providerTimeoutSeconds)
      const lease = leaseSeconds(providerTimeoutSeconds, limit)
      expect(lease).toBeGreaterThanOrEqual(limit + 6)
      expect(lease).toBeGreaterThanOrEqual(3 * providerTimeoutSeconds)
    }
    expect(leaseSeconds(1, workerTimeoutSeconds(1))).toBe(15)
    expect(leaseSeconds(10, workerTimeoutSeconds(10))).toBe(30)
  })

  it('at providerTimeoutSeconds=1 a worker whose clock is ahead does not take the task of one that still lives', async () => {
    const providerTimeoutSeconds = 1
    const fleet = smallFleet({
      providerTimeoutSeconds,
      provider: (real) => ({ ...real, submit: () => new Promise(() => {}) }),
    })
    const id = fleet.send(recaptcha())
    const [message] = fleet.queues.tasks.receive(1)
    if (message === undefined) throw new Error('no message')
    void fleet.submitUseCase([message], fleet.run())
    await fleet.clock.advance(1)
    const item = fleet.store.items.get(id)
    if (item?.state !== 'claimed') throw new Error('not claimed')
    const dies = fleet.clock.now() + workerTimeoutSeconds(providerTimeoutSeconds) * 1000
    expect(item.leaseUntil - dies).toBeGreaterThanOrEqual(2 * 2900)
  })
})

describe('a callback for an attempt whose answer was lost', () => {
  /** A task that was sent to the second provider, because the fleet has failed over to it. */
  async function onBackup(backup: NonNullable<SmallFleetOptions['backup']>) {
    const fleet = smallFleet({
      pingback: true,
      backup,
      admission: { kind: 'admission', admission: initialAdmission(['twocaptcha', 'captchaai']) },
    })
    fleet.send(recaptcha({ taskId: 'second' }))
    await fleet.submit()
    const [charge] = fleet.backup.ledger
    if (charge?.pingbackUrl === undefined) throw new Error('not sent to the second provider')
    return { fleet, charge, called: readPingbackPath(new URL(charge.pingbackUrl).pathname) }
  }

  it('asks the provider that the attempt was sent to', async () => {
    const { fleet, charge, called } = await onBackup({ submit: () => ({ kind: 'loseCharged', afterSeconds: 1 }) })
    expect(fleet.store.items.get('second')).toMatchObject({ state: 'unknown', lost: [{ provider: 'twocaptcha' }] })
    await fleet.clock.advance(2000)
    await fleet.pingback(called, charge.captchaId, fleet.run())
    expect(fleet.provider.polls).toEqual([])
    expect(fleet.resultsOf('second')).toMatchObject([{ status: 'solved', provider: 'twocaptcha', attempts: 1 }])
  })

  it('asks it too when the claim is all that the table knows', async () => {
    const { fleet, charge, called } = await onBackup({ submit: () => ({ kind: 'accept', afterSeconds: 1 }) })
    const item = fleet.store.items.get('second')
    if (item?.state !== 'submitted') throw new Error('not submitted')
    const { captchaId: _c, submittedAt: _s, ...facts } = item
    fleet.store.items.set('second', { ...facts, charges: 0, state: 'claimed', leaseUntil: fleet.clock.now() + 30_000 })
    await fleet.clock.advance(2000)
    await fleet.pingback(called, charge.captchaId, fleet.run())
    expect(fleet.provider.polls).toEqual([])
    expect(fleet.resultsOf('second')).toMatchObject([{ status: 'solved', provider: 'twocaptcha', attempts: 1 }])
  })
})
