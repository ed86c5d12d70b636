import { InvocationType, Trigger } from 'aws-cdk-lib/triggers'
import { Construct, type IConstruct } from 'constructs'
import type { FleetFunction } from './fleet-function.ts'

/**
 * One sweep at the end of each deployment that changed the sweep, so that a new fleet shows `starting` at once instead
 * of nothing for its first minute. The deployment does not wait for it and does not fail with it; the heartbeat alarm
 * reports a failing sweep.
 */
export class FirstSweep extends Construct {
  constructor(scope: Construct, id: string, props: { sweep: FleetFunction; after: IConstruct[] }) {
    super(scope, id)
    new Trigger(this, 'Trigger', {
      handler: props.sweep.lambda,
      invocationType: InvocationType.EVENT,
      executeAfter: props.after,
    })
  }
}
