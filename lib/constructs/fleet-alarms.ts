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
  /** Null: this stage keeps none. */
  undelivered: UndeliveredPages | null
}

/** What pages. The sweep's raw numbers are judged, not the state that the views show: a latch would page twice. */
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
      // Silence is the heartbeat's alarm; it must not clear this one.
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
      // New ones only: a standing count would hide the next.
      metric: metrics.view(METRIC.deadLetters, 'Sum'),
      when: { is: 'above', threshold: 0, datapoints: 1, outOf: 1 },
      missingData: 'notBreaching',
    })
    page('BacklogAge', {
      name: 'Backlog age',
      impact: 'Tasks wait so long that most will expire unsolved.',
      metric: metrics.view(METRIC.backlogSeconds, 'Maximum'),
      // A task that says nothing else is useless after 300 s.
      when: { is: 'atLeast', threshold: 240, datapoints: 3, outOf: 3 },
      missingData: 'ignore',
    })
    if (undelivered !== null)
      page('UndeliveredPages', {
        name: 'Undelivered pages',
        impact: 'Somebody who should have been woken was not told; the next page may be lost as well.',
        metric: undelivered.waiting,
        // Until somebody has looked at them and deleted them.
        when: { is: 'atLeast', threshold: 1, datapoints: 1, outOf: 1 },
        // SQS sends nothing for a queue that nobody has used for hours.
        missingData: 'notBreaching',
      })
    for (const worker of workers) page(`${worker.name}Errors`, errorsOf(worker))
    for (const worker of workers.filter(({ sendsInLoops }) => sendsInLoops))
      page(`${worker.name}LoopsStopped`, loopsStoppedOf(worker))
  }
}

/** One crash is retried and forgotten; what crashes in three minutes of five does not mend itself. */
const errorsOf = (worker: FleetFunction): Omit<PageAlarmProps, 'topic'> => ({
  name: `${titleOf(worker)} errors`,
  impact: ERRORS_IMPACT[worker.name],
  metric: perMinute(worker, 'Errors'),
  when: { is: 'atLeast', threshold: 1, datapoints: 3, outOf: 5 },
  // A function that is not called has no errors; that it should have been called is another alarm's business.
  missingData: 'notBreaching',
})

/**
 * Loop detection is off for these functions, so one is too many: somebody turned it on outside the stack. Every parked
 * task and every renewed poll message is then refused after about 16 calls and ends as a dead letter.
 */
const loopsStoppedOf = (worker: FleetFunction): Omit<PageAlarmProps, 'topic'> => ({
  name: `${titleOf(worker)} loops stopped`,
  impact: worker.name === 'pingback' ? ERRORS_IMPACT.pingback : LOOPS_STOPPED_IMPACT,
  metric: perMinute(worker, 'RecursiveInvocationsDropped'),
  when: { is: 'above', threshold: 0, datapoints: 1, outOf: 1 },
  // Lambda sends this metric only when it has stopped something.
  missingData: 'notBreaching',
})

const LOOPS_STOPPED_IMPACT =
  'Tasks that waited or were looked at often are refused by Lambda; paid answers are lost as dead letters.'

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
