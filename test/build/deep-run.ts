import type { DeepCheck, DeepRun } from '../../functions/core/record/deep-run.ts'
import { NOON } from '../../sim/memory/clock.ts'

export const deepCheck = (changes: Partial<DeepCheck> = {}): DeepCheck => ({
  status: 'ok',
  criticality: 'hard',
  responseMs: 12,
  ...changes,
})

/** A good run that ended a minute before noon. */
export const deepRun = (changes: Partial<DeepRun> = {}): DeepRun => ({
  id: 'run-1',
  ranAt: NOON - 60_000,
  ranBy: '203.0.113.7 curl/8.5.0',
  paid: false,
  checks: { captchaaiApi: deepCheck({ responseMs: 84 }), table: deepCheck() },
  ...changes,
})
