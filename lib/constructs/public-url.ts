import { FunctionUrlAuthType } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import type { FleetFunction } from './fleet-function.ts'

/** An HTTPS address that anybody may call; the function behind it decides what it shows. Ends with a slash. */
export class PublicUrl extends Construct {
  readonly url: string

  constructor(scope: Construct, id: string, worker: FleetFunction) {
    super(scope, id)
    this.url = worker.lambda.addFunctionUrl({ authType: FunctionUrlAuthType.NONE }).url
  }
}
