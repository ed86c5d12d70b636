import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import { FleetAlarm, type FleetAlarmProps } from './fleet-alarm.ts'
import type { FleetFunction } from './fleet-function.ts'
import type { FleetMetrics } from './fleet-metrics.ts'
import { FleetPage } from './fleet-page.ts'
import { metricAlarms } from './metric-alarms.ts'
import type { UndeliveredPages } from './undelivered-pages.ts'
import { errorsOf, loopsStoppedOf } from './worker-alarms.ts'

interface FleetAlarmsProps {
  topic: ITopic
  metrics: FleetMetrics
  sweepSeconds: number
  workers: readonly FleetFunction[]
  /** One alarm of alarms pages for all; false: each sends its own message. */
  pagesOnce: boolean
  /** The address of the health views, with a slash at its end. */
  healthUrl: string
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
    const { topic, metrics, sweepSeconds, workers, undelivered, pagesOnce, healthUrl } = props
    const alarm = (id: string, props: FleetAlarmProps) => new FleetAlarm(this, id, { ...props, healthUrl })
    /** Something that a person has to mend. */
    const fault = (id: string, props: FleetAlarmProps) => alarm(id, pagesOnce ? props : { ...props, pages: topic })

    const conditions = metricAlarms(metrics, sweepSeconds)
    const notReady = fault('NotReady', conditions.notReady)
    const accountFault = fault('AccountFault', conditions.accountFault)
    const asked = alarm('SomebodyAsks', conditions.asked)
    const paused = alarm('Paused', conditions.paused)
    const sweepSilent = fault('SweepSilent', conditions.sweepSilent)
    const deadLetters = fault('DeadLetters', conditions.deadLetters)
    const backlogAge = fault('BacklogAge', conditions.backlogAge)
    const errors = workers.map((worker) => fault(`${worker.name}Errors`, errorsOf(worker)))
    const loops = workers
      .filter(({ sendsInLoops }) => sendsInLoops)
      .map((worker) => fault(`${worker.name}LoopsStopped`, loopsStoppedOf(worker)))
    const always = [accountFault, sweepSilent, deadLetters, backlogAge, ...errors, ...loops]
    const whileAsked = { asked, alarms: [notReady] }
    if (pagesOnce) new FleetPage(this, 'Page', { topic, whileAsked, always, paused, sweepSeconds, healthUrl })
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
