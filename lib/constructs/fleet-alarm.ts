import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { anchorOf, RUNBOOK_PATH } from '../../functions/contract/runbook.ts'
import type { MetricView } from './fleet-metrics.ts'

export interface FleetAlarmProps {
  /** The name in words for the person who is woken, and the heading of the alarm's section in docs/runbook.md. */
  name: string
  /** The harm that users suffer while the alarm is on, or what the alarm means. */
  impact: string
  metric: MetricView
  /** The alarm fires when `datapoints` of the last `outOf` periods match. */
  when: { is: keyof typeof COMPARISONS; threshold: number; datapoints: number; outOf: number }
  /**
   * The meaning of a period without data. `breaching`: missing data is the fault. `notBreaching`: missing data is
   * healthy. `ignore`: missing data says nothing, and the state stays.
   */
  missingData: 'breaching' | 'notBreaching' | 'ignore'
  /** Where this alarm pages by itself; absent: it is a part of the alarm that pages for the fleet. */
  pages?: ITopic
  /** For this long after its creation the alarm ignores missing data, if missing data is the fault. */
  warmUpMinutes?: number
}

/** An alarm on one metric. This is the only way to create one in this stack. */
export class FleetAlarm extends Construct {
  /** In the expression of a composite alarm: this one is on. */
  readonly isOn: string
  readonly name: string

  constructor(scope: Construct, id: string, props: FleetAlarmProps & Pick<AlarmTexts, 'healthUrl'>) {
    super(scope, id)
    const { metric, when, warmUpMinutes, pages } = props
    const alarm = new CfnAlarm(this, 'Alarm', {
      ...alarmTexts(this, props),
      namespace: metric.namespace,
      metricName: metric.metricName,
      dimensions: Object.entries(metric.dimensions).map(([name, value]) => ({ name, value })),
      statistic: metric.statistic,
      period: metric.periodSeconds,
      comparisonOperator: COMPARISONS[when.is],
      threshold: when.threshold,
      datapointsToAlarm: when.datapoints,
      evaluationPeriods: when.outOf,
      treatMissingData: props.missingData,
      ...(pages === undefined ? {} : { alarmActions: [pages.topicArn], okActions: [pages.topicArn] }),
      ...(warmUpMinutes === undefined ? {} : { warmUpConfiguration: warmUp(warmUpMinutes) }),
    })
    this.name = alarm.ref
    this.isOn = `ALARM("${alarm.ref}")`
  }
}

interface AlarmTexts extends Pick<FleetAlarmProps, 'name' | 'impact'> {
  /** The address of the health views, with a slash at its end. */
  healthUrl: string
}

/**
 * The name of an alarm, and its text, which ends with the section of the runbook with the same name: as a path, for
 * when the health function is down, and as an address, for whoever reads the message.
 */
export const alarmTexts = (scope: Construct, { name, impact, healthUrl }: AlarmTexts) => ({
  alarmName: `${Stack.of(scope).stackName}: ${name}`,
  alarmDescription: `${impact} What to do: docs/runbook.md#${anchorOf(name)}, or ${healthUrl}${RUNBOOK_PATH.slice(1)}#${anchorOf(name)}`,
})

const COMPARISONS = {
  below: 'LessThanThreshold',
  above: 'GreaterThanThreshold',
  atLeast: 'GreaterThanOrEqualToThreshold',
} as const

const warmUp = (minutes: number): CfnAlarm.WarmUpConfigurationProperty => ({
  warmUpPeriodDurationInMinutes: minutes,
  onlyStartEvaluatingAfterWarmUpPeriodEnds: true,
})
