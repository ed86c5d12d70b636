import { InvocationType, Trigger } from 'aws-cdk-lib/triggers'
import { Construct, type IConstruct } from 'constructs'
import type { FleetFunction } from './fleet-function.ts'

/**
 * One sweep at the end of a deployment that changed it: a new fleet says `starting` at once instead of nothing for its
 * first minute. Not waited for: a deployment does not fail because its first sweep did; the heartbeat alarm tells that.
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
