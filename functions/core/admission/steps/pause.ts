import type { Control, Pause } from '../item/admission.ts'

/** Most characters of a pause's reason, and of the name of who paused. */
export const PAUSE_CHARACTERS = { reason: 120, by: 64 } as const

/** What a person's command changes: `control` is absent where nothing is to be changed. */
export interface PauseChange {
  control?: Control
  /** The pause that was there before. */
  before: Pause | null
}

/** A pause is kept as it was first written: who paused, when and why stay known until somebody resumes. */
export function pauseChange(control: Control, pause: Pause): PauseChange {
  const before = control.pause
  return before === null ? { before, control: { ...control, pause } } : { before }
}

export function resumeChange(control: Control): PauseChange {
  const before = control.pause
  return before === null ? { before } : { before, control: { ...control, pause: null } }
}
