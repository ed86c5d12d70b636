import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import { METRIC } from '../../functions/contract/metrics.ts'
import { FleetAlarm, type FleetAlarmProps } from './fleet-alarm.ts'
import type { FleetFunction } from './fleet-function.ts'
import type { FleetMetrics, MetricView } from './fleet-metrics.ts'
import { FleetPage } from './fleet-page.ts'
import type { UndeliveredPages } from './undelivered-pages.ts'

interface FleetAlarmsProps {
  topic: ITopic
  metrics: FleetMetrics
  sweepSeconds: number
  workers: readonly FleetFunction[]
  /** One alarm of alarms pages for all; false: each sends its own message. */
  pagesOnce: boolean
  /** Null: this stage keeps no undelivered pages. */
  undelivered: UndeliveredPages | null
}

/**
 * What pages, and when. The alarms use the sweep's raw numbers and not the published status: with hysteresis in both
 * places an alarm would page twice. Where somebody is paged, one alarm of alarms does it for all of them, so that an
 * outage, which sets several of them off, pages once.
 */
export class FleetAlarms extends Construct {
  constructor(scope: Construct, id: string, props: FleetAlarmsProps) {
    super(scope, id)
    const { topic, metrics, sweepSeconds, workers, undelivered, pagesOnce } = props
    const alarm = (id: string, props: FleetAlarmProps) => new FleetAlarm(this, id, props)
    /** Something that a person has to mend. */
    const fault = (id: string, props: FleetAlarmProps) => alarm(id, pagesOnce ? props : { ...props, pages: topic })

    const notReady = fault('NotReady', {
      name: 'Not ready',
      impact: 'Tasks are not being solved, or would not be if one came.',
      metric: metrics.view(METRIC.ready, 'Minimum'),
      when: { is: 'below', threshold: 1, datapoints: 2, outOf: 2 },
      // Missing data is the concern of the heartbeat alarm; it must not clear this alarm.
      missingData: 'ignore',
    })
    const accountFault = fault('AccountFault', {
      name: 'Account fault',
      impact: 'The key, the balance or the plan is not good, and no other provider is usable: no task can be solved.',
      metric: metrics.view(METRIC.accountFault, 'Maximum'),
      when: { is: 'atLeast', threshold: 1, datapoints: 2, outOf: 2 },
      missingData: 'ignore',
    })
    const asked = alarm('SomebodyAsks', {
      name: 'Somebody asks',
      impact:
        'This is no fault. A task was not settled yet in one of the last ten periods, so an outage harms somebody.',
      metric: metrics.view(METRIC.demand, 'Maximum'),
      when: { is: 'atLeast', threshold: 1, datapoints: 1, outOf: 10 },
      missingData: 'ignore',
    })
    const paused = alarm('Paused', {
      name: 'Paused by a person',
      impact: 'This is no fault. A person has paused the fleet, so nobody is paged.',
      metric: metrics.view(METRIC.paused, 'Maximum'),
      when: { is: 'atLeast', threshold: 1, datapoints: 1, outOf: 1 },
      missingData: 'ignore',
    })
    const sweepSilent = fault('SweepSilent', {
      name: 'Sweep silent',
      impact: 'Nobody knows whether tasks are being solved: every health view says unknown.',
      metric: metrics.view(METRIC.sweepHeartbeat, 'Sum'),
      when: { is: 'below', threshold: 1, datapoints: 3, outOf: 3 },
      missingData: 'breaching',
      warmUpMinutes: Math.max(10, Math.ceil((5 * sweepSeconds) / 60)),
    })
    const deadLetters = fault('DeadLetters', {
      name: 'Dead letters',
      impact: 'Tasks were given up or could not be read; their senders may wait for nothing.',
      // Counts new dead letters only: a standing count would hide the next one.
      metric: metrics.view(METRIC.deadLetters, 'Sum'),
      when: { is: 'above', threshold: 0, datapoints: 1, outOf: 1 },
      missingData: 'notBreaching',
    })
    const backlogAge = fault('BacklogAge', {
      name: 'Backlog age',
      impact: 'Tasks wait so long that most will expire unsolved.',
      metric: metrics.view(METRIC.backlogSeconds, 'Maximum'),
      // A task without a deadline of its own is useless after 300 s.
      when: { is: 'atLeast', threshold: 240, datapoints: 3, outOf: 3 },
      missingData: 'ignore',
    })
    const errors = workers.map((worker) => fault(`${worker.name}Errors`, errorsOf(worker)))
    const loops = workers
      .filter(({ sendsInLoops }) => sendsInLoops)
      .map((worker) => fault(`${worker.name}LoopsStopped`, loopsStoppedOf(worker)))
    const always = [accountFault, sweepSilent, deadLetters, backlogAge, ...errors, ...loops]
    if (pagesOnce)
      new FleetPage(this, 'Page', { topic, whileAsked: { asked, alarms: [notReady] }, always, paused, sweepSeconds })
    if (undelivered === null) return
    alarm('UndeliveredPages', {
      name: 'Undelivered pages',
      impact: 'Somebody who should have been woken was not told; the next page may be lost as well.',
      metric: undelivered.waiting,
      // Fires until somebody has read and deleted them; as a part of the alarm that pages it would hide the next outage.
      when: { is: 'atLeast', threshold: 1, datapoints: 1, outOf: 1 },
      // SQS sends no metrics for a queue that has not been used for hours.
      missingData: 'notBreaching',
      pages: topic,
    })
  }
}

/**
 * One crash is retried and does no harm. A function that crashes in three minutes of five will not recover by itself.
 */
const errorsOf = (worker: FleetFunction): FleetAlarmProps => ({
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
const loopsStoppedOf = (worker: FleetFunction): FleetAlarmProps => ({
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
