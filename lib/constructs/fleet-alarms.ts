import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import { METRIC } from '../../functions/contract/metrics.ts'
import type { FleetFunction } from './fleet-function.ts'
import type { FleetMetrics, MetricView } from './fleet-metrics.ts'
import { PageAlarm, type PageAlarmProps } from './page-alarm.ts'
import type { UndeliveredPages } from './undelivered-pages.ts'

interface FleetAlarmsProps {
  topic: ITopic
  metrics: FleetMetrics
  sweepSeconds: number
  workers: readonly FleetFunction[]
  /** Null: this stage keeps no undelivered pages. */
  undelivered: UndeliveredPages | null
}

/**
 * The alarms that page. They use the sweep's raw numbers and not the published status: with hysteresis in both places
 * an alarm would page twice.
 */
export class FleetAlarms extends Construct {
  constructor(scope: Construct, id: string, props: FleetAlarmsProps) {
    super(scope, id)
    const { topic, metrics, sweepSeconds, workers, undelivered } = props
    const page = (id: string, props: Omit<PageAlarmProps, 'topic'>) => new PageAlarm(this, id, { ...props, topic })

    page('NotReady', {
      name: 'Not ready',
      impact: 'Tasks are not being solved, or would not be if one came.',
      metric: metrics.view(METRIC.ready, 'Minimum'),
      when: { is: 'below', threshold: 1, datapoints: 2, outOf: 2 },
      // Missing data is the concern of the heartbeat alarm; it must not clear this alarm.
      missingData: 'ignore',
    })
    page('SweepSilent', {
      name: 'Sweep silent',
      impact: 'Nobody knows whether tasks are being solved: every health view says unknown.',
      metric: metrics.view(METRIC.sweepHeartbeat, 'Sum'),
      when: { is: 'below', threshold: 1, datapoints: 3, outOf: 3 },
      missingData: 'breaching',
      warmUpMinutes: Math.max(10, Math.ceil((5 * sweepSeconds) / 60)),
    })
    page('DeadLetters', {
      name: 'Dead letters',
      impact: 'Tasks were given up or could not be read; their senders may wait for nothing.',
      // Counts new dead letters only: a standing count would hide the next one.
      metric: metrics.view(METRIC.deadLetters, 'Sum'),
      when: { is: 'above', threshold: 0, datapoints: 1, outOf: 1 },
      missingData: 'notBreaching',
    })
    page('BacklogAge', {
      name: 'Backlog age',
      impact: 'Tasks wait so long that most will expire unsolved.',
      metric: metrics.view(METRIC.backlogSeconds, 'Maximum'),
      // A task without a deadline of its own is useless after 300 s.
      when: { is: 'atLeast', threshold: 240, datapoints: 3, outOf: 3 },
      missingData: 'ignore',
    })
    if (undelivered !== null)
      page('UndeliveredPages', {
        name: 'Undelivered pages',
        impact: 'Somebody who should have been woken was not told; the next page may be lost as well.',
        metric: undelivered.waiting,
        // Fires until somebody has read and deleted them.
        when: { is: 'atLeast', threshold: 1, datapoints: 1, outOf: 1 },
        // SQS sends no metrics for a queue that has not been used for hours.
        missingData: 'notBreaching',
      })
    for (const worker of workers) page(`${worker.name}Errors`, errorsOf(worker))
    for (const worker of workers.filter(({ sendsInLoops }) => sendsInLoops))
      page(`${worker.name}LoopsStopped`, loopsStoppedOf(worker))
  }
}

/**
 * One crash is retried and does no harm. A function that crashes in three minutes of five will not recover by itself.
 */
const errorsOf = (worker: FleetFunction): Omit<PageAlarmProps, 'topic'> => ({
  name: `${titleOf(worker)} errors`,
  impact: ERRORS_IMPACT[worker.name],
  metric: perMinute(worker, 'Errors'),
  when: { is: 'atLeast', threshold: 1, datapoints: 3, outOf: 5 },
  // A function that is not called has no errors. Another alarm notices that it should have been called.
  missingData: 'notBreaching',
})

/**
 * Loop detection is off for these functions, so a single stopped loop means that somebody turned it on outside the
 * stack. Lambda then refuses every parked task and every renewed poll message after about 16 calls, and they end as
 * dead letters.
 */
const loopsStoppedOf = (worker: FleetFunction): Omit<PageAlarmProps, 'topic'> => ({
  name: `${titleOf(worker)} loops stopped`,
  impact: worker.name === 'pingback' ? ERRORS_IMPACT.pingback : LOOPS_STOPPED_IMPACT,
  metric: perMinute(worker, 'RecursiveInvocationsDropped'),
  when: { is: 'above', threshold: 0, datapoints: 1, outOf: 1 },
  // Lambda sends this metric only after it has stopped a loop.
  missingData: 'notBreaching',
})

const LOOPS_STOPPED_IMPACT =
  'Tasks that waited or were polled often are refused by Lambda; paid answers are lost as dead letters.'

const perMinute = (worker: FleetFunction, metricName: string): MetricView => ({
  namespace: 'AWS/Lambda',
  metricName,
  dimensions: { FunctionName: worker.lambda.functionName },
  statistic: 'Sum',
  periodSeconds: 60,
})

const titleOf = ({ name }: FleetFunction): string => `${name.charAt(0).toUpperCase()}${name.slice(1)}`

const ERRORS_IMPACT: Record<FleetFunction['name'], string> = {
  submit: 'Tasks are taken late or not at all; those that crash it again and again end as dead letters.',
  collect: 'Answers that were paid for are delivered late, or too late to be used.',
  pingback: "The provider's callbacks are lost; answers still come, only slower.",
  sweep: 'The health views and every other alarm are about to go blind.',
  health: 'Load balancers and people who ask for the health of the fleet get no answer.',
}
