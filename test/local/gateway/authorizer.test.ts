import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeAuthorizer } from '../../../local/gateway/authorizer.ts'
import { allow, caller, policiesOf, QUEUE_ARN, TABLE_ARN } from './gateway-before.ts'

const LEADING = (...patterns: string[]) => ({ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': patterns } })
const tls = {
  Effect: 'Deny',
  Principal: { AWS: '*' },
  Action: 'sqs:*',
  Resource: { 'Fn::GetAtt': ['Work', 'Arn'] },
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
}
const authorizerOf = async (...about: Parameters<typeof policiesOf>) => {
  const authorizer = await makeAuthorizer(policiesOf(...about))
  return async (action: string, resource: string, context: Record<string, string | string[]> = {}) =>
    authorizer.check(caller, { action, resource, context })
}
const ROLE_OF_OTHER = 'arn:aws:iam::000000000000:role/Test-Other'
const send = allow('sqs:SendMessage', { 'Fn::GetAtt': ['Work', 'Arn'] })

describe('the policies of the template decide', () => {
  it('about the action and the resource, and the refusal reads like that of AWS', async () => {
    const check = await authorizerOf([send])
    expect(await check('sqs:SendMessage', QUEUE_ARN)).toEqual({ kind: 'allowed', rights: ['r1'] })
    expect(await check('sqs:ReceiveMessage', QUEUE_ARN)).toEqual({
      kind: 'denied',
      message:
        'User: arn:aws:sts::000000000000:assumed-role/Test-Role/lifesign-submit is not authorized to perform: ' +
        `sqs:receivemessage on resource: ${QUEUE_ARN} because no identity-based policy allows the sqs:receivemessage action`,
    })
    expect(await check('sqs:SendMessage', `${QUEUE_ARN}-other`)).toMatchObject({ kind: 'denied' })
  })

  it('about every partition key of a request: one that is not allowed refuses it all', async () => {
    const check = await authorizerOf([
      allow(['dynamodb:GetItem', 'dynamodb:BatchGetItem'], TABLE_ARN, LEADING('task#*', 'fleet')),
    ])
    const keys = (...leading: string[]) => ({ 'dynamodb:LeadingKeys': leading })
    expect(await check('dynamodb:GetItem', TABLE_ARN, keys('task#1'))).toMatchObject({ kind: 'allowed' })
    expect(await check('dynamodb:BatchGetItem', TABLE_ARN, keys('task#1', 'fleet'))).toMatchObject({ kind: 'allowed' })
    expect(await check('dynamodb:GetItem', TABLE_ARN, keys('fleets'))).toMatchObject({ kind: 'denied' })
    expect(await check('dynamodb:BatchGetItem', TABLE_ARN, keys('task#1', 'outcome#1'))).toMatchObject({
      kind: 'denied',
    })
  })

  it('about every attribute of an update: one that is not allowed refuses it all', async () => {
    const attributes = { 'ForAllValues:StringEquals': { 'dynamodb:Attributes': ['pk', 'sk', 'deepRun'] } }
    const check = await authorizerOf([allow('dynamodb:UpdateItem', TABLE_ARN, { ...LEADING('fleet'), ...attributes })])
    const update = (...named: string[]) =>
      check('dynamodb:UpdateItem', TABLE_ARN, { 'dynamodb:LeadingKeys': ['fleet'], 'dynamodb:Attributes': named })
    expect(await update('pk', 'sk', 'deepRun')).toMatchObject({ kind: 'allowed' })
    expect(await update('pk', 'sk', 'deepRun', 'status')).toMatchObject({ kind: 'denied' })
    expect(await update('pk', 'sk', 'record')).toMatchObject({ kind: 'denied' })
  })

  it('about the namespace of metrics', async () => {
    const condition = { StringEquals: { 'cloudwatch:namespace': 'Lifesign' } }
    const check = await authorizerOf([allow('cloudwatch:PutMetricData', '*', condition)])
    const put = (namespace: string) => check('cloudwatch:PutMetricData', '*', { 'cloudwatch:namespace': namespace })
    expect(await put('Lifesign')).toMatchObject({ kind: 'allowed' })
    expect(await put('AWS/Lambda')).toMatchObject({ kind: 'denied' })
  })

  it("a queue's own policy counts too: TLS only refuses nothing here, a plain deny does", async () => {
    expect(await (await authorizerOf([send], [tls]))('sqs:SendMessage', QUEUE_ARN)).toMatchObject({ kind: 'allowed' })
    const closed = await authorizerOf([send], [{ ...tls, Condition: {} }])
    const refused = await closed('sqs:SendMessage', QUEUE_ARN)
    expect(refused).toMatchObject({ kind: 'denied' })
    expect(JSON.stringify(refused)).toContain('with an explicit deny in a resource-based policy')
  })

  it('for each function by its own role, whoever asked for the same before', async () => {
    const other = { ...caller, name: 'health' as const, functionName: 'lifesign-health', roleArn: ROLE_OF_OTHER }
    const authorizer = await makeAuthorizer(
      policiesOf([send], [], { Other: { Type: 'AWS::IAM::Role', Properties: {} } }),
    )
    const access = { action: 'sqs:SendMessage', resource: QUEUE_ARN, context: {} }
    const kinds: string[] = []
    for (const one of [caller, other, caller, other]) kinds.push((await authorizer.check(one, access)).kind)
    expect(kinds).toEqual(['allowed', 'denied', 'allowed', 'denied'])
  })

  it('by every policy of a queue, not by the last one alone', async () => {
    const deny = { ...tls, Action: 'sqs:SendMessage', Condition: {} }
    const second = {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: { Queues: [{ Ref: 'Work' }], PolicyDocument: { Statement: [{ ...tls, Action: 'sqs:DeleteQueue' }] } },
    }
    const both = await authorizerOf([send], [deny], { SecondPolicy: second })
    expect((await both('sqs:SendMessage', QUEUE_ARN)).kind).toBe('denied')
    const alone = await authorizerOf([send], [], { SecondPolicy: second })
    expect((await alone('sqs:SendMessage', QUEUE_ARN)).kind).toBe('allowed')
  })

  it('the same for keys that the policies cannot tell apart, so remembering by class changes no decision', async () => {
    const patterns = ['task#*', 'fleet', 'outcome#?', 'a.b*c']
    const statement = allow('dynamodb:BatchGetItem', TABLE_ARN, LEADING(...patterns))
    const one = await authorizerOf([statement])
    const key = fc.oneof(
      fc.constantFrom(
        'fleet',
        'fleets',
        'outcome#1',
        'outcome#12',
        'outcome#',
        'a.bc',
        'a.b\nc',
        'aXbc',
        'task#',
        'task',
      ),
      fc.string().map((text) => `task#${text}`),
      fc.string(),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(key, { minLength: 1, maxLength: 4 }), async (leading) => {
        const context = { 'dynamodb:LeadingKeys': leading }
        const fresh = await authorizerOf([statement])
        const [remembered, decided] = await Promise.all(
          [one, fresh].map((check) => check('dynamodb:BatchGetItem', TABLE_ARN, context)),
        )
        expect(remembered?.kind).toBe(decided?.kind)
      }),
      { numRuns: 150 },
    )
  })

  it('what cannot be judged is refused when the fleet starts, by name', async () => {
    const condition = { StringEquals: { 'aws:SourceVpc': 'vpc-1' } }
    await expect(authorizerOf([allow('sqs:SendMessage', QUEUE_ARN, condition)])).rejects.toThrow('aws:SourceVpc')
    const foreign = { ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] }
    await expect(authorizerOf([send], [], { Other: { Type: 'AWS::IAM::Role', Properties: foreign } })).rejects.toThrow(
      'AdministratorAccess',
    )
  })

  it('a role has what is written at it, attached to it and managed for it, each action and resource counted alone', () => {
    const inline = { PolicyName: 'i', PolicyDocument: { Statement: [allow('sqs:GetQueueUrl', QUEUE_ARN)] } }
    const document = { Statement: [allow(['dynamodb:GetItem', 'dynamodb:Query'], [TABLE_ARN, `${TABLE_ARN}/index/*`])] }
    const { roles } = policiesOf([send], [], {
      Role: { Type: 'AWS::IAM::Role', Properties: { Policies: [inline], ManagedPolicyArns: [{ Ref: 'Managed' }] } },
      Managed: { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument: document } },
      Unused: { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument: { Statement: [allow('s3:*', '*')] } } },
    })
    const rights = roles.get(caller.roleArn)?.rights.map(({ action, resource }) => `${action} ${resource}`)
    expect(rights).toEqual([
      `sqs:GetQueueUrl ${QUEUE_ARN}`,
      `sqs:SendMessage ${QUEUE_ARN}`,
      `dynamodb:GetItem ${TABLE_ARN}`,
      `dynamodb:GetItem ${TABLE_ARN}/index/*`,
      `dynamodb:Query ${TABLE_ARN}`,
      `dynamodb:Query ${TABLE_ARN}/index/*`,
    ])
  })
})
