import { expect, it } from 'vitest'
import { NOON, totals } from '../../build/evidence.ts'
import { recordOf, sweptProvider } from '../../build/record.ts'
import { healthSeeing } from '../served-views.ts'

/** A fleet in which no two numbers are the same. */
const record = recordOf({
  evidence: {
    totals: totals({
      ...{ solved: 901, failed: 77, failedCharged: 55, expiredSubmitted: 22, expiredWaiting: 13, resubmitted: 33 },
      ...{
        unknown: 16,
        received: 1201,
        duplicates: 4,
        invalid: 44,
        accepted: 1010,
        polled: 3002,
        parked: 66,
        faults: 8,
      },
      ...{ trailingFailures: 21, lastSolveAt: NOON - 9_500, failedByClass: { unsolvable: 58, task: 19 } },
    }),
    queue: { waiting: 41, available: 23, received: 6, inFlight: 93, deadLetters: 7 },
    ...{ backlogSeconds: 28.5, demandSeconds: 34.5, demand: true, errorRate: 0.125, workersAlive: 12 },
    providers: [
      sweptProvider({
        ...{ balance: 12.5, balanceAt: NOON - 61_500, burnPerSecond: 0.0005, checkedAt: NOON - 31_000, responseMs: 84 },
        threads: { total: 5, free: 3 },
      }),
    ],
  },
})

it('each number is the one that its name says, in the unit that its name says', async () => {
  const settings = { maxInFlight: 150, queueCapacity: 5001 }
  const { body } = await healthSeeing({ kind: 'record', record, readAt: NOON }, { settings })('/metrics')
  const shown = Object.fromEntries(
    [...body.matchAll(/^lifesign_([a-z_]+)(?:\{provider="captchaai"\})? (\S+)$/gm)].map(([, name = '', value]) => [
      name,
      Number(value),
    ]),
  )
  expect(shown).toEqual({
    ...{ ready: 1, evidence_age_seconds: 7, evidence_max_age_seconds: 180, sweep_timestamp_seconds: NOON / 1000 - 7 },
    // Each charge once: solved, failed after it was accepted, expired after its submit, submitted again, unknown.
    ...{ charges_total: 901 + 55 + 22 + 33 + 16, unknown_charges_total: 16, submits_accepted_total: 1010 },
    ...{
      polls_total: 3002,
      parks_total: 66,
      messages_received_total: 1201,
      messages_invalid_total: 44,
      faults_total: 8,
    },
    ...{ tasks_in_flight_limit: 150, queue_capacity: 5001, queue_waiting: 41, tasks_in_flight: 93, dead_letters: 7 },
    ...{ backlog_age_seconds: 28.5, workers_alive: 12, demand: 1, demand_seconds: 34.5, consecutive_failures: 21 },
    ...{ error_ratio: 0.125, last_solve_timestamp_seconds: NOON / 1000 - 9.5, gate_paused: 0 },
    ...{ provider_active: 1, provider_usable: 1, provider_breaker_open: 0, provider_balance_usd: 12.5 },
    ...{ provider_balance_timestamp_seconds: NOON / 1000 - 61.5, provider_balance_runway_seconds: 25_000 },
    ...{ provider_threads: 5, provider_threads_free: 3, provider_response_seconds: 0.084 },
  })
})
