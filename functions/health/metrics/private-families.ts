import { runwaySecondsOf } from '../../core/evidence/account-call.ts'
import type { Evidence } from '../../core/evidence/evidence.ts'
import { freshEvidence, type HealthContext } from '../context.ts'
import { type Family, gauge, labelled } from './family.ts'
import { taskFamilies } from './task-families.ts'

/** Numbers for those with the token. What only fresh evidence can tell is absent while there is none. */
export function privateFamilies({ view, self }: HealthContext): Family[] {
  const evidence = freshEvidence(view)
  const { maxInFlight, queueCapacity } = self.settings
  return [
    ...taskFamilies(view.record?.evidence.totals ?? null),
    gauge('lifesign_sweep_timestamp_seconds', 'Unix time of the last sweep.', inSeconds(view.sweptAt)),
    gauge('lifesign_tasks_in_flight_limit', 'The most tasks in flight (setting maxInFlight).', maxInFlight),
    gauge('lifesign_queue_capacity', 'Waiting tasks from which the queue is full (queueCapacity).', queueCapacity),
    ...(evidence === null ? [] : [...loadFamilies(evidence), ...providerFamilies(evidence)]),
  ]
}

const loadFamilies = ({ queue, totals, ...evidence }: Evidence): Family[] => [
  gauge('lifesign_queue_waiting', 'Tasks that wait: visible, hidden and delayed messages.', queue.waiting),
  gauge('lifesign_backlog_age_seconds', 'Age of the oldest waiting task, at least.', evidence.backlogSeconds),
  gauge('lifesign_tasks_in_flight', 'Tasks that are submitted and not settled.', queue.inFlight),
  gauge('lifesign_dead_letters', 'Messages in the dead-letter queue.', queue.deadLetters),
  gauge('lifesign_workers_alive', 'Workers that wrote an outcome in the last two minutes.', evidence.workersAlive),
  gauge('lifesign_demand', 'Whether a task is unsettled (1) or nothing is asked (0).', evidence.demand ? 1 : 0),
  gauge(
    'lifesign_demand_seconds',
    'Seconds with at least one unsettled task since the last solve.',
    evidence.demandSeconds,
  ),
  gauge('lifesign_consecutive_failures', 'Counted failures since the last solve.', totals.trailingFailures),
  gauge(
    'lifesign_error_ratio',
    'Counted failures over counted settled tasks of the last five minutes; absent if there are too few.',
    evidence.errorRate,
  ),
  gauge('lifesign_last_solve_timestamp_seconds', 'Unix time of the last solve.', inSeconds(totals.lastSolveAt)),
  gauge('lifesign_gate_paused', 'Whether a person has paused the intake (1).', evidence.pause === null ? 0 : 1),
]

/** The label `provider` has only configured names, two at most. */
function providerFamilies({ providers, activeProvider }: Evidence): Family[] {
  const each = (name: string, help: string, read: (provider: (typeof providers)[number]) => number | null): Family =>
    labelled(
      'gauge',
      name,
      help,
      'provider',
      providers.map((provider) => [provider.name, read(provider)]),
    )
  return [
    each('lifesign_provider_active', 'Whether new tasks go to this provider.', ({ name }) =>
      name === activeProvider ? 1 : 0,
    ),
    each('lifesign_provider_usable', 'Whether the provider can be used.', ({ unusableSince }) =>
      unusableSince === null ? 1 : 0,
    ),
    each('lifesign_provider_breaker_open', 'Whether the breaker stops calls (1), or is closed (0).', ({ breaker }) =>
      breaker.state === 'closed' ? 0 : 1,
    ),
    each('lifesign_provider_balance_usd', 'Balance as it was last read, in US dollars.', ({ balance }) => balance),
    each('lifesign_provider_balance_timestamp_seconds', 'Unix time at which the balance was read.', ({ balanceAt }) =>
      inSeconds(balanceAt),
    ),
    each(
      'lifesign_provider_balance_runway_seconds',
      'Seconds for which the balance lasts at the present rate; absent if nobody knows.',
      runwaySecondsOf,
    ),
    each('lifesign_provider_threads', 'Threads of the plan.', ({ threads }) => threads?.total ?? null),
    each(
      'lifesign_provider_threads_free',
      'Threads of the plan that are free.',
      ({ threads }) => threads?.free ?? null,
    ),
    each('lifesign_provider_response_seconds', 'Time that the last account call took.', ({ responseMs }) =>
      inSeconds(responseMs),
    ),
  ]
}

const inSeconds = (milliseconds: number | null): number | null => (milliseconds === null ? null : milliseconds / 1000)
