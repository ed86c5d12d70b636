import { describe, expect, it } from 'vitest'
import type { FleetTemplate } from '../../lib/synthesize-fleet.ts'
import {
  at,
  environmentOf,
  fleetOf,
  functionOf,
  listAt,
  resourceOf,
  resourcesOf,
  templateOf,
} from './synthesized-fleet.ts'

const full = templateOf('prod', { pingback: 'true', alarmEmail: 'on-call@example.test' })
const plain = templateOf('dev')
const RESERVED = 'ReservedConcurrentExecutions'

/** All but the helper that CDK brings to call the first sweep. */
const ownFunctionsOf = (template: FleetTemplate) =>
  resourcesOf(template, 'AWS::Lambda::Function').filter(({ id }) => !id.startsWith('AWSCDKTriggerCustomResource'))

describe('the stack', () => {
  it('sweeps once at the end of a deployment, when all that the sweep reads is there', () => {
    for (const template of [full, plain]) {
      const [trigger, ...others] = resourcesOf(template, 'Custom::Trigger')
      expect(others).toEqual([])
      expect(trigger?.properties).toMatchObject({ InvocationType: 'Event' })
      const waitsFor = listAt(template.Resources[trigger?.id ?? ''], 'DependsOn').map(String)
      for (const id of ['Data', 'QueuesPolls', 'SweepWorker'])
        expect(waitsFor.some((each) => each.startsWith(id))).toBe(true)
    }
    expect(resourcesOf(templateOf('local'), 'Custom::Trigger')).toEqual([])
  })

  it('has the outputs of docs/contracts.md and the poll queue for the command line, the pingback URL only when it is on', () => {
    const always = [
      'AlarmTopicArn',
      'ApiKeySecretArn',
      'ConsumerPolicyArn',
      'DeadLetterQueueUrl',
      'DeployedSettings',
      'HealthUrl',
      'OperatorPolicyArn',
      'PollQueueUrl',
      'ProducerPolicyArn',
      'ResultQueueUrl',
      'TableName',
      'TaskQueueUrl',
    ]
    expect(Object.keys(plain.Outputs).sort()).toEqual(always)
    expect(Object.keys(full.Outputs).sort()).toEqual([...always, 'PingbackUrl'].sort())
  })

  it('names nothing outside the local stage, so that two of them fit into one account', () => {
    for (const { properties } of [
      ...resourcesOf(full, 'AWS::SQS::Queue'),
      ...resourcesOf(full, 'AWS::Lambda::Function'),
    ])
      expect(properties).not.toSatisfy((found: object) => 'QueueName' in found || 'FunctionName' in found)
    expect(resourceOf(full, 'AWS::DynamoDB::Table', 'Data').properties).not.toHaveProperty('TableName')
  })

  it('has the names of docs/contracts.md locally', () => {
    const local = templateOf('local')
    const queues = resourcesOf(local, 'AWS::SQS::Queue').map(({ properties }) => properties.QueueName)
    const names = ['lifesign-tasks', 'lifesign-polls', 'lifesign-results', 'lifesign-dead-letters']
    expect(queues.sort()).toEqual(names.sort())
    expect(resourceOf(local, 'AWS::DynamoDB::Table', 'Data').properties).toMatchObject({ TableName: 'lifesign' })
  })

  it('tells where every function is, and what it is called in the template', () => {
    const { assets, logicalIds, template } = fleetOf('local', { pingback: 'true' })
    expect(Object.keys(assets)).toEqual(['submit', 'collect', 'pingback', 'sweep', 'health'])
    for (const [name, id] of Object.entries(logicalIds))
      expect(template.Resources[id]?.Properties).toMatchObject({ FunctionName: `lifesign-${name}` })
  })
})

describe('the table', () => {
  it.each([
    ['prod', true, 'Retain'],
    ['dev', false, 'Delete'],
  ] as const)('of %s is on demand, expires, can be restored; protected: %s', (stage, protectedFromDeletion, policy) => {
    const table = resourceOf(templateOf(stage), 'AWS::DynamoDB::Table', 'Data')
    expect(table).toMatchObject({
      DeletionPolicy: policy,
      properties: {
        BillingMode: 'PAY_PER_REQUEST',
        DeletionProtectionEnabled: protectedFromDeletion,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      },
    })
  })
})

describe('the functions', () => {
  it('run on the Node of the tests, on arm64, with logs that end', () => {
    const functions = ownFunctionsOf(full)
    expect(functions).toHaveLength(5)
    for (const { properties } of functions) {
      expect(properties).toMatchObject({
        Runtime: `nodejs${process.versions.node.split('.')[0]}.x`,
        Architectures: ['arm64'],
        Handler: 'index.handler',
        MemorySize: 256,
      })
      const group = at(properties, 'LoggingConfig', 'LogGroup', 'Ref')
      const logs = resourcesOf(full, 'AWS::Logs::LogGroup').find(({ id }) => id === group)
      expect(logs).toMatchObject({ DeletionPolicy: 'Retain', properties: { RetentionInDays: 90 } })
    }
    for (const { properties, DeletionPolicy } of resourcesOf(plain, 'AWS::Logs::LogGroup'))
      expect({ properties, DeletionPolicy }).toEqual({ DeletionPolicy: 'Delete', properties: { RetentionInDays: 7 } })
  })

  it('may send to the queues that call them as often as a deadline allows, and no other may', () => {
    for (const template of [full, templateOf('dev', { pingback: 'true' }), templateOf('local', { pingback: 'true' })]) {
      for (const name of ['submit', 'collect', 'pingback'] as const)
        expect(functionOf(template, name).properties).toMatchObject({ RecursiveLoop: 'Allow' })
      for (const name of ['sweep', 'health'] as const)
        expect(functionOf(template, name).properties).not.toHaveProperty('RecursiveLoop')
    }
  })

  it('are four without pingback', () => {
    expect(ownFunctionsOf(plain)).toHaveLength(4)
    expect(environmentOf(plain, 'submit')).not.toHaveProperty('PINGBACK_URL')
  })

  it('take requests from outside with a bound of their own wherever anything is reserved (row 32)', () => {
    for (const name of ['health', 'pingback'] as const)
      expect(functionOf(full, name).properties).toMatchObject({ [RESERVED]: 10 })
    expect(functionOf(full, 'submit').properties).toMatchObject({ [RESERVED]: 50 })
    for (const { properties } of resourcesOf(plain, 'AWS::Lambda::Function'))
      expect(properties).not.toHaveProperty(RESERVED)
  })
})

describe('the function URLs', () => {
  it.each(['health', 'pingback'] as const)(
    'of %s may be asked by anybody, with both permissions that takes',
    (name) => {
      const target = { 'Fn::GetAtt': [functionOf(full, name).id, 'Arn'] }
      const urls = resourcesOf(full, 'AWS::Lambda::Url').map(({ properties }) => properties)
      expect(urls).toContainEqual({ AuthType: 'NONE', TargetFunctionArn: target })
      const permissions = resourcesOf(full, 'AWS::Lambda::Permission').map(({ properties }) => properties)
      const own = permissions.filter((permission) => JSON.stringify(permission.FunctionName) === JSON.stringify(target))
      expect(own).toHaveLength(2)
      expect(own).toContainEqual(
        expect.objectContaining({ Action: 'lambda:InvokeFunctionUrl', Principal: '*', FunctionUrlAuthType: 'NONE' }),
      )
      expect(own).toContainEqual(
        expect.objectContaining({ Action: 'lambda:InvokeFunction', Principal: '*', InvokedViaFunctionUrl: true }),
      )
    },
  )

  it('are one without pingback', () => {
    expect(resourcesOf(plain, 'AWS::Lambda::Url')).toHaveLength(1)
  })
})

describe('the schedule', () => {
  it.each([
    ['dev', '60', 'rate(1 minute)'],
    ['prod', '300', 'rate(5 minutes)'],
    ['local', '5', 'rate(1 minute)'],
  ] as const)(
    'of %s with sweepSeconds=%s is %s, and a call that failed is not made up for',
    (stage, sweepSeconds, rate) => {
      const template = templateOf(stage, { sweepSeconds })
      expect(resourceOf(template, 'AWS::Scheduler::Schedule', 'Sweep').properties).toMatchObject({
        ScheduleExpression: rate,
        State: 'ENABLED',
        Target: {
          Arn: { 'Fn::GetAtt': [functionOf(template, 'sweep').id, 'Arn'] },
          RetryPolicy: { MaximumRetryAttempts: 0 },
        },
      })
      expect(environmentOf(template, 'sweep')).toMatchObject({ SWEEP_SECONDS: sweepSeconds })
      const retries = resourceOf(template, 'AWS::Lambda::EventInvokeConfig', 'SweepWorker')
      expect(retries.properties).toMatchObject({ MaximumRetryAttempts: 0 })
    },
  )

  it('leaves a sweep time to end before the next one', () => {
    expect(functionOf(plain, 'sweep').properties).toMatchObject({ Timeout: 50 })
    const slow = templateOf('dev', { providerTimeoutSeconds: '60' })
    expect(functionOf(slow, 'sweep').properties).toMatchObject({ Timeout: 90 })
  })
})

describe('the alarm topic', () => {
  const topic = resourceOf(full, 'AWS::SNS::Topic', 'Pages')

  it('is encrypted with a key that CloudWatch may use for alarms of this account', () => {
    const key = resourceOf(full, 'AWS::KMS::Key', 'Pages')
    expect(topic.properties).toMatchObject({ KmsMasterKeyId: { 'Fn::GetAtt': [key.id, 'Arn'] } })
    expect(listAt(key.properties, 'KeyPolicy', 'Statement')).toContainEqual(
      expect.objectContaining({
        Effect: 'Allow',
        Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      }),
    )
  })

  it('lets CloudWatch publish, and nobody without TLS', () => {
    const { properties } = resourceOf(full, 'AWS::SNS::TopicPolicy', 'Pages')
    const statements = listAt(properties, 'PolicyDocument', 'Statement')
    expect(statements).toContainEqual(
      expect.objectContaining({
        Effect: 'Allow',
        Action: 'sns:Publish',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Resource: { Ref: topic.id },
      }),
    )
    expect(statements).toContainEqual(
      expect.objectContaining({
        Effect: 'Deny',
        Action: 'sns:Publish',
        Principal: '*',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    )
  })
})

describe('the secret', () => {
  it('holds no key when it is made, and is never written again by a deploy', () => {
    const { properties } = resourceOf(full, 'AWS::SecretsManager::Secret', 'Providers')
    expect(properties).not.toHaveProperty('SecretString')
    expect(properties).toMatchObject({
      GenerateSecretString: { SecretStringTemplate: '{}', GenerateStringKey: 'healthToken' },
    })
    expect(resourceOf(full, 'AWS::SecretsManager::Secret', 'Providers').DeletionPolicy).toBe('Retain')
    expect(resourceOf(plain, 'AWS::SecretsManager::Secret', 'Providers').DeletionPolicy).toBe('Delete')
  })

  it('keeps the health token out of every template of the cloud', () => {
    for (const stage of ['dev', 'prod'] as const)
      expect(JSON.stringify(fleetOf(stage, {}, 'canary-token').template)).not.toContain('canary-token')
    expect(environmentOf(fleetOf('local', {}, 'canary-token').template, 'health')).toMatchObject({
      HEALTH_TOKEN: 'canary-token',
    })
  })

  it('is where health finds its token in the cloud, where no token means that nothing is open', () => {
    for (const stage of ['dev', 'prod'] as const) {
      const { template } = fleetOf(stage, {}, 'canary-token')
      const environment = environmentOf(template, 'health')
      const { id } = resourceOf(template, 'AWS::SecretsManager::Secret', 'Providers')
      expect(environment).toMatchObject({ FLEET: stage, API_KEY_SECRET_ARN: { Ref: id } })
      expect(environment).not.toHaveProperty('HEALTH_TOKEN')
    }
  })
})

it('looks as it did when somebody last looked at it', async () => {
  const text = JSON.stringify(sorted(full), null, 2)
    .replaceAll(/"[0-9a-f]{64}\.zip"/g, '"<bundle>.zip"')
    .replaceAll(/"FLEET_VERSION": "[^"]+"/g, '"FLEET_VERSION": "<version>"')
  await expect(`${text}\n`).toMatchFileSnapshot('prod.template.snap')
})

/** Neither the order of keys nor that of policy statements means anything. */
function sorted(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => sorted(item))
    const order = (a: unknown, b: unknown) => JSON.stringify(a).localeCompare(JSON.stringify(b))
    return key === 'Statement' ? items.sort(order) : items
  }
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, item]) => [name, sorted(item, name)] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => a.localeCompare(b)))
}
