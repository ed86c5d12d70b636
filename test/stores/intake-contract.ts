import { expect, it } from 'vitest'
import type { Intake } from '../../functions/core/ports.ts'

/** `settle`: lets the change under way end. */
export function intakeContract(make: () => Promise<{ intake: Intake; settle: () => Promise<void> }>): void {
  it('is open at first, is shut and opened again, and says what is and not what was asked for', async () => {
    const { intake, settle } = await make()
    expect(await intake.read()).toBe('open')
    expect(['shut', 'changing']).toContain(await intake.set(false))
    await settle()
    expect(await intake.read()).toBe('shut')
    expect(await intake.set(false)).toBe('shut') // asked for what is
    expect(['open', 'changing']).toContain(await intake.set(true))
    await settle()
    expect(await intake.read()).toBe('open')
  })
}
