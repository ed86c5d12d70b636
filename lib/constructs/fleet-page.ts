import { CfnCompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import { alarmTexts, type FleetAlarm } from './fleet-alarm.ts'

interface FleetPageProps {
  topic: ITopic
  /** These page only while `asked` is on: an outage that harms nobody can wait for the first task. */
  whileAsked: { asked: FleetAlarm; alarms: readonly FleetAlarm[] }
  /** These page whenever they are on. */
  always: readonly FleetAlarm[]
  /** While this one is on, nobody is paged. What is still wrong afterwards pages then. */
  paused: FleetAlarm
  sweepSeconds: number
  /** The address of the health views, with a slash at its end. */
  healthUrl: string
}

/**
 * The alarm that pages: on while at least one alarm of the fleet is. Actions are taken when it goes on or off, so a
 * second alarm of the same outage pages nobody.
 */
export class FleetPage extends Construct {
  constructor(scope: Construct, id: string, props: FleetPageProps) {
    super(scope, id)
    const { topic, whileAsked, always, paused, sweepSeconds, healthUrl } = props
    const { asked, alarms } = whileAsked
    const whenAsked = alarms.map(({ isOn }) => `(${isOn} AND ${asked.isOn})`)
    new CfnCompositeAlarm(this, 'Alarm', {
      ...alarmTexts(this, {
        name: 'Page',
        impact: 'Something is wrong that a person has to mend; the message names the alarms that are on.',
        healthUrl,
      }),
      alarmRule: [...whenAsked, ...always.map(({ isOn }) => isOn)].join(' OR '),
      alarmActions: [topic.topicArn],
      okActions: [topic.topicArn],
      actionsSuppressor: paused.name,
      // A pause is published by the first sweep that sees it, before any alarm of two sweeps is on.
      actionsSuppressorWaitPeriod: 0,
      // After a pause the fleet gets the time of three sweeps to be ready again.
      actionsSuppressorExtensionPeriod: 3 * Math.max(60, sweepSeconds),
    })
  }
}
