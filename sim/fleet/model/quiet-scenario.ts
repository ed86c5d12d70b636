import type { ProviderScript, SeedScenario } from './seed-scenario.ts'

/** A seed's scenario without chance: nothing goes wrong but what the script of the provider says. */
export const quietScenario = (tasks: number, script: ProviderScript): SeedScenario => ({
  tasks,
  span: 1,
  skew: 0,
  workers: 8,
  rebuyUnknown: 1,
  maxInFlight: 100,
  spend: { perHour: null, perDay: null },
  pingback: false,
  redrive: false,
  down: { queue: 'tasks', from: 0, until: 0 },
  faults: {},
  crashAt: null,
  refusedAt: null,
  calm: false,
  gate: false,
  providers: ['captchaai'],
  trouble: null,
  script,
})
