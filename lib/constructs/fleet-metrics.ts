import { Validations } from 'aws-cdk-lib/core'
import { METRICS, type MetricName } from '../../functions/contract/metrics.ts'
import type { FleetFunction } from './fleet-function.ts'

/** One CloudWatch metric with the statistic that an alarm uses. */
export interface MetricView {
  namespace: string
  metricName: string
  dimensions: Record<string, string>
  statistic: 'Minimum' | 'Maximum' | 'Sum'
  periodSeconds: number
}

/**
 * The metrics that the sweep publishes. Each sweep publishes one value, so a period is never shorter than the time
 * between sweeps.
 */
export class FleetMetrics {
  private readonly fleet: string
  private readonly periodSeconds: number

  constructor(props: { fleet: string; sweepSeconds: number }) {
    this.fleet = props.fleet
    this.periodSeconds = Math.max(60, props.sweepSeconds)
  }

  view(metricName: MetricName, statistic: MetricView['statistic']): MetricView {
    const { namespace, dimension } = METRICS
    return {
      namespace,
      metricName,
      dimensions: { [dimension]: this.fleet },
      statistic,
      periodSeconds: this.periodSeconds,
    }
  }

  grantPublish(worker: FleetFunction): void {
    const conditions = { StringEquals: { 'cloudwatch:namespace': METRICS.namespace } }
    worker.addPermission({ actions: ['cloudwatch:PutMetricData'], resources: ['*'], conditions })
    Validations.of(worker).acknowledge({
      id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
      reason: 'PutMetricData knows no resources; the condition on the namespace bounds it.',
    })
  }
}
