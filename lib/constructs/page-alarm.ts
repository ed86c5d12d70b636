import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { MetricView } from './fleet-metrics.ts'

export interface PageAlarmProps {
  /** In words, for the person who is woken: also the heading of its section in docs/runbook.md. */
  name: string
  /** What somebody suffers or loses while this is so. */
  impact: string
  metric: MetricView
  /** Alarm when `datapoints` of the last `outOf` periods are like this. */
  when: { is: keyof typeof COMPARISONS; threshold: number; datapoints: number; outOf: number }
  /**
   * What a period without data means: `breaching` silence is the fault, `notBreaching` silence is health, `ignore`
   * silence says nothing and the state stays.
   */
  missingData: 'breaching' | 'notBreaching' | 'ignore'
  topic: ITopic
  /** After creation nothing is judged for so long: for silence that is a fault, but not before the first data. */
  warmUpMinutes?: number
}

/** An alarm that a person can do something about. There is no other way to make one in this stack. */
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

/** As GitHub makes them: `Not ready` → `not-ready`. */
const anchorOf = (heading: string): string => heading.toLowerCase().replaceAll(' ', '-')
