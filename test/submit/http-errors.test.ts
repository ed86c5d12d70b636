import { describe, expect, it, onTestFinished } from 'vitest'
import type { TaskStore } from '../../functions/core/ports.ts'
import { SIMULATOR_KEY, startSimulator } from '../../sim/provider/simulator.ts'
import { providerAt } from '../provider/provider-at.ts'
import { recaptcha, type SmallFleetOptions, smallFleet } from '../small-fleet.ts'

const HTTP_502 = {
  kind: 'httpError',
  failure: { class: 'transient', code: 'HTTP_502', message: 'bad gateway' },
} as const
/** It is never reached, and makes the fleet count. */
const spendPerDay = 1_000_000

/** The fleet in virtual time, with the real adapter and a simulator that charges and then answers with `status`. */
async function behindGateway(status: number, options: SmallFleetOptions = {}) {
  const plan = { submitMs: 0, faults: [{ kind: 'lose', by: 'http', status, on: 'submit' } as const] }
  const simulator = await startSimulator({ plan })
  onTestFinished(() => simulator.stop())
  const provider = providerAt(simulator.url, SIMULATOR_KEY)
  onTestFinished(() => provider.close())
  const fleet = smallFleet({ ...options, spendPerDay, provider: () => provider })
  const reserved = () => {
    const reading = fleet.admission.stored()
    return reading.kind === 'admission' ? reading.admission.counts.spentDay : undefined
  }
  return { fleet, simulator, reserved }
}

describe.each([300, 900, 3600])('with a deadline of %i s', (deadlineSeconds) => {
  it.each([408, 504, 524])(
    'a gateway in front of the provider answers %i after the submit was taken: at most 1 + rebuyUnknown charges, all told in attempts (row 63)',
    async (status) => {
      for (const rebuyUnknown of [0, 1, 2]) {
        const { fleet, simulator, reserved } = await behindGateway(status, { rebuyUnknown })
        const id = fleet.send(recaptcha({ deadlineSeconds }))
        await fleet.drain()
        const charges = 1 + rebuyUnknown
        expect(simulator.ledger()).toHaveLength(charges)
        expect(fleet.resultsOf(id)).toMatchObject([
          { status: 'failed', attempts: charges, error: { code: 'SUBMIT_UNKNOWN', class: 'uncertain' } },
        ])
        expect(fleet.total(({ unknown }) => unknown)).toBe(charges)
        expect(reserved()).toBe(charges)
      }
    },
  )

  it('a provider that charges and answers 502 is paid five times at most before its answers count as lost, and every charge stays reserved', async () => {
    const { fleet, simulator, reserved } = await behindGateway(502)
    const id = fleet.send(recaptcha({ deadlineSeconds }))
    await fleet.drain()
    expect(simulator.ledger()).toHaveLength(7)
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'failed', attempts: 2, error: { code: 'SUBMIT_UNKNOWN' } }])
    expect(reserved()).toBe(7)
  })
})

describe('answers with an HTTP error', () => {
  it('up to five of them are retried, and the task is solved with one charge told', async () => {
    const fleet = smallFleet({ script: { submit: (_, n) => (n < 5 ? HTTP_502 : { kind: 'accept' }) } })
    const id = fleet.send(recaptcha())
    await fleet.drain()
    expect(fleet.provider.submits).toHaveLength(6)
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved', attempts: 1 }])
    expect(fleet.total(({ unknown }) => unknown)).toBe(0)
  })

  it('the sixth counts as a lost answer', async () => {
    const fleet = smallFleet({ rebuyUnknown: 0, script: { submit: () => HTTP_502 } })
    const id = fleet.send(recaptcha())
    await fleet.drain()
    expect(fleet.provider.submits).toHaveLength(6)
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'failed', attempts: 1, error: { code: 'SUBMIT_UNKNOWN' } }])
  })

  it('are counted over redeliveries, duplicates and re-submits of the task', async () => {
    const unsolvable = { class: 'unsolvable', code: 'ERROR_CAPTCHA_UNSOLVABLE', message: 'nobody could' } as const
    const fleet = smallFleet({
      rebuyUnknown: 0,
      script: {
        submit: (_, n) => (n === 3 ? { kind: 'accept', answer: { kind: 'failed', failure: unsolvable } } : HTTP_502),
      },
    })
    const id = fleet.send(recaptcha({ taskId: 'one', deadlineSeconds: 3600 }))
    await fleet.submit({ keep: true })
    fleet.send(recaptcha({ taskId: 'one', deadlineSeconds: 3600 }))
    await fleet.clock.advance(120_000)
    await fleet.submit()
    await fleet.drain()
    // Three, one that is bought, two more that are retried, and the sixth, which counts as lost.
    expect(fleet.provider.submits).toHaveLength(7)
    expect(fleet.resultsOf('one')).toMatchObject([{ status: 'failed', attempts: 2, error: { code: 'SUBMIT_UNKNOWN' } }])
    expect(id).not.toBe('one')
  })

  it('one that the table could not count waits for the lease and counts as a lost answer', async () => {
    const deaf = (real: TaskStore): TaskStore => ({
      ...real,
      apply: (event) => (event.kind === 'release' ? Promise.reject(new Error('down')) : real.apply(event)),
    })
    const fleet = smallFleet({ tasks: deaf, script: { submit: (_, n) => (n === 0 ? HTTP_502 : { kind: 'accept' }) } })
    const id = fleet.send(recaptcha())
    const began = fleet.clock.now()
    await fleet.submit()
    while (fleet.provider.submits.length < 2) {
      await fleet.clock.advance(1000)
      await fleet.submit()
    }
    expect(fleet.clock.now() - began).toBeGreaterThanOrEqual(30_000)
    await fleet.drain()
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved', attempts: 2 }])
  })

  it('never raise the spend of an hour above its limit, although each of them was charged', async () => {
    const fleet = smallFleet({ spendPerHour: 4, script: { submit: () => ({ kind: 'httpErrorCharged' }) } })
    for (let i = 0; i < 5; i += 1) fleet.send(recaptcha({ deadlineSeconds: 120 }))
    await fleet.drain()
    expect(fleet.provider.ledger).toHaveLength(4)
  })
})
