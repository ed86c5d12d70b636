import { METRIC } from '../../functions/contract/metrics.ts'
import type { FleetAlarmProps } from './fleet-alarm.ts'
import type { FleetMetrics } from './fleet-metrics.ts'

/** The alarms on the numbers that the sweep publishes: what each watches, from when on, and the harm. */
export const metricAlarms = (metrics: FleetMetrics, sweepSeconds: number) =>
  ({
    notReady: {
      name: 'Not ready',
      impact: 'Tasks are not being solved, or would not be if one came.',
      metric: metrics.view(METRIC.ready, 'Minimum'),
      when: { is: 'below', threshold: 1, datapoints: 2, outOf: 2 },
      // Missing data is the concern of the heartbeat alarm; it must not clear this alarm.
      missingData: 'ignore',
    },
    accountFault: {
      name: 'Account fault',
      impact: 'The key, the balance or the plan is not good, and no other provider is usable: no task can be solved.',
      metric: metrics.view(METRIC.accountFault, 'Maximum'),
      when: { is: 'atLeast', threshold: 1, datapoints: 2, outOf: 2 },
      missingData: 'ignore',
    },
    asked: {
      name: 'Somebody asks',
      impact:
        'This is no fault. A task was not settled yet in one of the last ten periods, so an outage harms somebody.',
      metric: metrics.view(METRIC.demand, 'Maximum'),
      when: { is: 'atLeast', threshold: 1, datapoints: 1, outOf: 10 },
      missingData: 'ignore',
    },
    paused: {
      name: 'Paused by a person',
      impact: 'This is no fault. A person has paused the fleet, so nobody is paged.',
      metric: metrics.view(METRIC.paused, 'Maximum'),
      when: { is: 'atLeast', threshold: 1, datapoints: 1, outOf: 1 },
      missingData: 'ignore',
    },
    sweepSilent: {
      name: 'Sweep silent',
      impact: 'Nobody knows whether tasks are being solved: every health view says unknown.',
      metric: metrics.view(METRIC.sweepHeartbeat, 'Sum'),
      when: { is: 'below', threshold: 1, datapoints: 3, outOf: 3 },
      missingData: 'breaching',
      warmUpMinutes: Math.max(10, Math.ceil((5 * sweepSeconds) / 60)),
    },
    deadLetters: {
      name: 'Dead letters',
      impact: 'Tasks were given up or could not be read; their senders may wait for nothing.',
      // Counts new dead letters only: a standing count would hide the next one.
      metric: metrics.view(METRIC.deadLetters, 'Sum'),
      when: { is: 'above', threshold: 0, datapoints: 1, outOf: 1 },
      missingData: 'notBreaching',
    },
    backlogAge: {
      name: 'Backlog age',
      impact: 'Tasks wait so long that most will expire unsolved.',
      metric: metrics.view(METRIC.backlogSeconds, 'Maximum'),
      // A task without a deadline of its own is useless after 300 s.
      when: { is: 'atLeast', threshold: 240, datapoints: 3, outOf: 3 },
      missingData: 'ignore',
    },
  }) satisfies Record<string, FleetAlarmProps>
