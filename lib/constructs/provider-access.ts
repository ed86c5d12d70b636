import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { RemovalPolicy, Validations } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { HEALTH_TOKEN_ENTRY } from '../../functions/contract/stack.ts'
import type { FleetFunction } from './fleet-function.ts'

interface ProviderAccessProps {
  providerUrl?: string | undefined
  backupProviderUrl?: string | undefined
  keepData: boolean
}

/**
 * The addresses of the providers, and the secret with their keys (JSON, provider → key). The stack creates the secret
 * without provider keys; a person adds them. CloudFormation generates `healthToken` into the secret once, at creation,
 * so that no deploy ever overwrites a key. `healthToken` is the bearer token of the health views; without it they show
 * no detail.
 */
export class ProviderAccess extends Construct {
  readonly apiKeys: Secret
  private readonly urls: Pick<ProviderAccessProps, 'providerUrl' | 'backupProviderUrl'>

  constructor(scope: Construct, id: string, props: ProviderAccessProps) {
    super(scope, id)
    this.urls = props
    this.apiKeys = new Secret(this, 'ApiKeys', {
      description: 'Lifesign: JSON object, provider name to API key',
      generateSecretString: {
        secretStringTemplate: '{}',
        generateStringKey: HEALTH_TOKEN_ENTRY,
        excludePunctuation: true,
      },
      removalPolicy: props.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    })
    Validations.of(this.apiKeys).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SMG4',
      reason: 'Providers have no call that changes a key; a person does, and the fleet follows within 300 s.',
    })
  }

  /**
   * Gives the function the providers' addresses and the right to read the secret: the keys, and the token of the views.
   */
  grantCall(worker: FleetFunction): void {
    const { providerUrl, backupProviderUrl } = this.urls
    if (providerUrl !== undefined) worker.setEnv('providerUrl', providerUrl)
    if (backupProviderUrl !== undefined) worker.setEnv('backupProviderUrl', backupProviderUrl)
    worker.setEnv('apiKeySecretArn', this.apiKeys.secretArn)
    worker.addPermission({ actions: ['secretsmanager:GetSecretValue'], resources: [this.apiKeys.secretArn] })
  }
}
