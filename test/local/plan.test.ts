import { beforeAll, describe, expect, it } from 'vitest'
import { FUNCTIONS } from '../../functions/contract/functions.ts'
import { parseOptions } from '../../lib/settings.ts'
import { synthesizeFleet } from '../../lib/synthesize-fleet.ts'
import { functionEnvironment } from '../../local/lambda/function-environment.ts'
import { makeResolver } from '../../local/template/intrinsics.ts'
import { knownNames } from '../../local/template/known-names.ts'
import { type Plan, planFleet } from '../../local/template/plan.ts'
import { readTemplate } from '../../local/template/template.ts'
import { folder } from './bundles.ts'

describe('intrinsic functions', () => {
  const known = {
    ref: (id: string) => (id === 'Queue' ? 'http://q' : undefined),
    attribute: (id: string, name: string) => (id === 'Queue' ? `queue-${name}` : undefined),
  }
  const resolve = makeResolver(known)
  /** CloudFormation writes a dollar sign before each brace. */
  const sub = (text: string) => text.replaceAll('{', '$' + '{')
  it.each<[unknown, unknown]>([
    [{ Ref: 'Queue' }, 'http://q'],
    [{ Ref: 'Role' }, 'Role'],
    [{ 'Fn::GetAtt': ['Queue', 'Arn'] }, 'queue-Arn'],
    [{ 'Fn::GetAtt': 'Queue.Arn' }, 'queue-Arn'],
    [{ 'Fn::Join': ['-', ['a', { Ref: 'Queue' }]] }, 'a-http://q'],
    [{ 'Fn::Sub': sub('x {Queue} {Queue.Arn} {!Literal}') }, sub('x http://q queue-Arn {Literal}')],
    [{ 'Fn::Sub': [sub('{a}'), { a: { Ref: 'Queue' } }] }, 'http://q'],
    [{ 'Fn::Select': [1, { 'Fn::Split': ['//', { Ref: 'Queue' }] }] }, 'q'],
    [{ a: [{ Ref: 'Queue' }, 1, null, true] }, { a: ['http://q', 1, null, true] }],
  ])('%j is %j', (value, expected) => {
    expect(resolve(value)).toEqual(expected)
  })
  it('that nobody here knows are refused by name', () => {
    expect(() => resolve({ 'Fn::ImportValue': 'x' })).toThrow('Fn::ImportValue')
  })
})

describe('the plan of a local run, from the synthesized template', () => {
  let plan: Plan
  beforeAll(() => {
    const raw = {
      sweepSeconds: '2',
      pingback: 'true',
      providerTimeoutSeconds: '3',
      providerUrl: 'http://127.0.0.1:4000',
    }
    const parsed = parseOptions(raw, ['local'])
    if ('problems' in parsed) throw new Error(parsed.problems.join())
    const path = folder()
    const bundles = { submit: path, collect: path, pingback: path, sweep: path, health: path } as const
    const made = synthesizeFleet({ ...parsed.options, healthToken: 'token' }, bundles)
    const synthesized = { ...made, template: readTemplate(made.template) }
    const addresses = { sqsUrl: 'http://127.0.0.1:9324', baseUrl: 'http://127.0.0.1:8080', stackName: 'Lifesign-local' }
    plan = planFleet(synthesized, knownNames(synthesized.template, addresses))
  })
  const named = (name: string) => plan.functions.find((made) => made.name === name)

  it('has the queues with their attributes and redrive', () => {
    const byName = Object.fromEntries(plan.queues.map(({ name, attributes }) => [name, attributes]))
    expect(Object.keys(byName).toSorted()).toEqual([
      'lifesign-dead-letters',
      'lifesign-polls',
      'lifesign-results',
      'lifesign-tasks',
    ])
    expect(byName['lifesign-tasks']?.VisibilityTimeout).toBe(String(6 * (named('submit')?.timeoutSeconds ?? 0)))
    expect(JSON.parse(byName['lifesign-polls']?.RedrivePolicy ?? '{}')).toEqual({
      deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:lifesign-dead-letters',
      maxReceiveCount: 1000,
    })
  })

  it('has the table with its keys', () => {
    expect(plan.tables).toEqual([
      {
        name: 'lifesign',
        attributeTypes: { pk: 'S', sk: 'S' },
        keys: [
          { attribute: 'pk', type: 'HASH' },
          { attribute: 'sk', type: 'RANGE' },
        ],
      },
    ])
  })

  it('has every function with its time limit, memory and addresses', () => {
    expect(plan.functions.map(({ name }) => name)).toEqual([...FUNCTIONS])
    expect(named('submit')).toMatchObject({ timeoutSeconds: 11, memoryMb: 256, concurrency: 5, handler: 'handler' })
    expect(named('submit')?.environment).toMatchObject({
      TASK_QUEUE_URL: 'http://127.0.0.1:9324/000000000000/lifesign-tasks',
      TABLE_NAME: 'lifesign',
      PROVIDER_URL: 'http://127.0.0.1:4000',
      PINGBACK_URL: 'http://127.0.0.1:8080/pingback',
      FLEET: 'local',
    })
    expect(named('health')?.environment.HEALTH_TOKEN).toBe('token')
    expect(named('submit')?.environment).not.toHaveProperty('HEALTH_TOKEN')
  })

  it('has the event sources as the template bounds them', () => {
    const sources = Object.fromEntries(plan.mappings.map((mapping) => [mapping.target, mapping]))
    expect(sources.submit).toMatchObject({
      batchSize: 10,
      windowSeconds: 0,
      maximumConcurrency: 5,
      partial: true,
      enabled: true,
    })
    expect(sources.collect).toMatchObject({ batchSize: 10, windowSeconds: 0, maximumConcurrency: 3, partial: true })
    expect(sources.collect?.queueUrl).toBe('http://127.0.0.1:9324/000000000000/lifesign-polls')
  })

  it('sweeps every SWEEP_SECONDS, and serves the functions with a URL', () => {
    expect(plan.schedules).toEqual([{ target: 'sweep', everySeconds: 2 }])
    expect(plan.urls.toSorted()).toEqual(['health', 'pingback'])
    expect(plan.outputs).toMatchObject({ HealthUrl: 'http://127.0.0.1:8080/', TableName: 'lifesign' })
  })

  it('gives a function nothing of the caller: credentials of its own, the gateway, and nowhere else to go', () => {
    const [submit] = plan.functions
    if (submit === undefined) throw new Error('no function')
    const gateway = 'http://127.0.0.1:1'
    const env = functionEnvironment(submit, gateway, { accessKeyId: 'ASIAOWN', secretAccessKey: 'own secret' })
    expect(env).toMatchObject({
      AWS_ACCESS_KEY_ID: 'ASIAOWN',
      AWS_SECRET_ACCESS_KEY: 'own secret',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
      AWS_ENDPOINT_URL_SQS: gateway,
      AWS_ENDPOINT_URL_DYNAMODB: gateway,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: gateway,
      AWS_ENDPOINT_URL_CLOUDWATCH: gateway,
      AWS_ENDPOINT_URL_LAMBDA: gateway,
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: 'lifesign-submit',
    })
    expect(Object.keys(env)).not.toContain('PATH')
  })
})
