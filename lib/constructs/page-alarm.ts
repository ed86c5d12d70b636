import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { MetricView } from './fleet-metrics.ts'

export interface PageAlarmProps {
  /** The name in words for the person who is woken; also the heading of the alarm's section in docs/runbook.md. */
  name: string
  /** The harm that users suffer while the alarm is on. */
  impact: string
  metric: MetricView
  /** The alarm fires when `datapoints` of the last `outOf` periods match. */
  when: { is: keyof typeof COMPARISONS; threshold: number; datapoints: number; outOf: number }
  /**
   * The meaning of a period without data. `breaching`: missing data is the fault. `notBreaching`: missing data is
   * healthy. `ignore`: missing data says nothing, and the state stays.
   */
  missingData: 'breaching' | 'notBreaching' | 'ignore'
  topic: ITopic
  /** For this long after its creation the alarm ignores missing data, if missing data is the fault. */
  warmUpMinutes?: number
}

/** An alarm that a person can act on. This is the only way to create an alarm in this stack. */
export class PageAlarm extends Construct {
  constructor(scope: Construct, id: string, props: PageAlarmProps) {
    super(scope, id)
    const { metric, when, warmUpMinutes, topic } = props
    new CfnAlarm(this, 'Alarm', {
      alarmName: `${Stack.of(this).stackName}: ${props.name}`,
      alarmDescription: `${props.impact} What to do: docs/runbook.md#${anchorOf(props.name)}`,
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
      alarmActions: [topic.topicArn],
      okActions: [topic.topicArn],
      ...(warmUpMinutes === undefined ? {} : { warmUpConfiguration: warmUp(warmUpMinutes) }),
    })
  }
}

const COMPARISONS = {
  below: 'LessThanThreshold',
  above: 'GreaterThanThreshold',
  atLeast: 'GreaterThanOrEqualToThreshold',
} as const

const warmUp = (minutes: number): CfnAlarm.WarmUpConfigurationProperty => ({
  warmUpPeriodDurationInMinutes: minutes,
  onlyStartEvaluatingAfterWarmUpPeriodEnds: true,
})

/** The anchor as GitHub makes it: `Not ready` → `not-ready`. */
const anchorOf = (heading: string): string => heading.toLowerCase().replaceAll(' ', '-')
