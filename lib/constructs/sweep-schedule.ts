import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler'
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets'
import { Duration, Stack, Validations } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { FleetFunction } from './fleet-function.ts'

/**
 * Invokes the sweep every few minutes. A failed invocation is not repeated: the next sweep folds what it missed, and
 * the heartbeat alarm notices the gap. An interval below one minute is in the function's SWEEP_SECONDS, which the timer
 * of the local runtime follows.
 */
export class SweepSchedule extends Construct {
  constructor(scope: Construct, id: string, props: { sweep: FleetFunction; sweepSeconds: number }) {
    super(scope, id)
    props.sweep.lambda.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) })
    new Schedule(this, 'Schedule', {
      description: 'Lifesign: judges the health of the fleet',
      schedule: ScheduleExpression.rate(Duration.minutes(Math.ceil(props.sweepSeconds / 60))),
      target: new LambdaInvoke(props.sweep.lambda, { retryAttempts: 0, maxEventAge: Duration.minutes(1) }),
    })
    Validations.of(props.sweep.lambda).acknowledge({
      id: 'Serverless::Serverless-LambdaAsyncFailureDestination',
      reason: 'A call that failed is of no use later: the next sweep does its work, and the heartbeat alarm tells.',
    })
    Validations.of(Stack.of(this)).acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::<${props.sweep.logicalId}.Arn>:*]`,
      reason: 'The scheduler may call any version of this one function.',
    })
  }
}
