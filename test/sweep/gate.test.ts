import { describe, expect, it } from 'vitest'
import type { Control } from '../../functions/core/admission/item/admission.ts'
import { pauseChange, resumeChange } from '../../functions/core/admission/steps/pause.ts'
import type { Intake } from '../../functions/core/ports.ts'
import { makeSweep } from '../../functions/sweep/sweep.ts'
import { memoryAdmissionStore } from '../../sim/memory/admission-store.ts'
import { memoryIntake } from '../../sim/memory/intake.ts'
import { sweptFleet } from './swept-fleet.ts'

const PAUSE = { by: 'ops/anna', at: 0, reason: 'moving house' }
const refused = { class: 'auth', code: 'ERROR_KEY_DOES_NOT_EXIST', message: 'no such key' } as const
type Fleet = ReturnType<typeof sweptFleet>

async function change(fleet: Fleet, of: (control: Control) => { control?: Control }): Promise<void> {
  const reading = await fleet.admission.read()
  if (reading.kind !== 'admission') throw new Error('no item')
  const { control } = of(reading.admission.control)
  if (control !== undefined) await fleet.admission.write({ epoch: reading.admission.epoch, control })
}
const pause = (fleet: Fleet) => change(fleet, (control) => pauseChange(control, PAUSE))
const resume = (fleet: Fleet) => change(fleet, resumeChange)
const withIntake = (fleet: Fleet, intake: Intake) => makeSweep({ ...fleet.ports, intake }, fleet.settings)

describe('the gate', () => {
  it('is left alone while all is well, and no metric says that it is shut', async () => {
    const fleet = sweptFleet()
    await fleet.sweepAfter(60)
    await fleet.sweepAfter(60)
    expect(fleet.intake.asked).toEqual([])
    expect(fleet.sum('GatePaused')).toBe(0)
  })

  it("is shut by a person's pause at the next sweep, stays shut, and is opened once after the resume", async () => {
    const fleet = sweptFleet()
    await pause(fleet)
    const { issues, status } = await fleet.sweepAfter(60)
    expect({ issues, status, gate: fleet.intake.state() }).toEqual({
      issues: ['paused'],
      status: 'not_ready',
      gate: 'shut',
    })
    await fleet.sweepAfter(60)
    expect(fleet.intake.asked).toEqual([false])
    expect(fleet.sum('GatePaused')).toBe(2)
    await resume(fleet)
    await fleet.sweepAfter(60)
    await fleet.sweepAfter(60)
    expect(fleet.intake.asked).toEqual([false, true])
    expect(fleet.sum('GatePaused')).toBe(2)
  })

  it('that a deployment opened while a person has paused is shut again at the next sweep (row 54)', async () => {
    const fleet = sweptFleet()
    await pause(fleet)
    await fleet.sweepAfter(60)
    fleet.intake.turn(true)
    const { issues } = await fleet.sweepAfter(60)
    expect({ issues, gate: fleet.intake.state() }).toEqual({ issues: ['paused'], gate: 'shut' })
    expect(fleet.intake.asked).toEqual([false, false])
  })

  it('is shut when no provider was usable for 15 s, not before, and opened when one is again', async () => {
    let failure: typeof refused | null = refused
    const fleet = sweptFleet(
      { sweepSeconds: 10 },
      {
        balance: () => (failure ? { kind: 'failed', failure, ms: 3 } : { kind: 'balance', value: 9, ms: 3 }),
      },
    )
    await fleet.sweepAfter(10)
    expect(fleet.intake.state()).toBe('open')
    await fleet.sweepAfter(10)
    expect(fleet.intake.state()).toBe('open')
    await fleet.sweepAfter(10)
    expect(fleet.intake.state()).toBe('shut')
    failure = null
    await fleet.sweepAfter(10)
    expect(fleet.intake.asked).toEqual([false, true])
  })

  it('is not asked for again while a change is under way: what is counts, not what was asked for', async () => {
    const fleet = sweptFleet()
    const intake = memoryIntake({ ...fleet.clock, changeMs: 90_000 })
    const sweep = withIntake(fleet, intake)
    await pause(fleet)
    await sweep()
    expect({ asked: intake.asked, state: intake.state() }).toEqual({ asked: [false], state: 'changing' })
    await resume(fleet)
    fleet.clock.set(fleet.clock.now() + 60_000)
    await sweep()
    expect({ asked: intake.asked, state: intake.state() }).toEqual({ asked: [false], state: 'changing' })
    fleet.clock.set(fleet.clock.now() + 60_000)
    await sweep()
    expect(intake.asked).toEqual([false, true])
  })

  it('that cannot be read fails the sweep after its record and its numbers are out', async () => {
    const fleet = sweptFleet()
    const broken = Promise.reject(new Error('AccessDeniedException'))
    broken.catch(() => {})
    const sweep = withIntake(fleet, { read: () => broken, set: () => broken })
    await expect(sweep()).rejects.toThrow('AccessDeniedException')
    expect(await fleet.record.read()).toMatchObject({ record: { version: 1 } })
    expect(fleet.sum('SweepHeartbeat')).toBe(1)
    const names = fleet.metrics.published.flat().map(({ name }) => name)
    expect(names).not.toContain('GatePaused')
  })

  it('that cannot be read hides nothing that the same sweep changed before it: the record lists the change', async () => {
    const fleet = sweptFleet()
    fleet.queues.tasks = 200
    const sweep = withIntake(fleet, { ...fleet.intake, read: () => Promise.reject(new Error('down')) })
    await expect(sweep()).rejects.toThrow('down')
    expect(fleet.record.stored()).toMatchObject({
      folded: { changes: [{ what: 'mode', from: 'normal', to: 'degraded' }] },
    })
  })

  it('follows the admission item that the sweep creates where it is missing or unreadable: a pause goes on', async () => {
    for (const first of [{ kind: 'missing' }, { kind: 'unreadable', why: 'schema 2' }] as const) {
      const fleet = sweptFleet()
      fleet.queues.polls = 7
      await pause(fleet)
      await fleet.sweepAfter(60)
      expect(fleet.intake.asked).toEqual([false])
      const admission = memoryAdmissionStore(first)
      await makeSweep({ ...fleet.ports, admission }, fleet.settings)()
      expect(fleet.intake.asked).toEqual([false])
      expect(admission.stored()).toMatchObject({
        admission: { counts: { inFlight: 7, inFlight_captchaai: 7 }, control: { pause: PAUSE } },
      })
    }
  })
})
