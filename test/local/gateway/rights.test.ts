import { describe, expect, it } from 'vitest'
import { contextProblems, makeClasses } from '../../../local/gateway/condition-keys.ts'
import { makeCredentials } from '../../../local/gateway/credentials.ts'
import { statementsOf, takeApart } from '../../../local/gateway/rights.ts'
import { allow, policiesOf, QUEUE_ARN, TABLE_ARN } from './gateway-before.ts'

const LEADING = (...patterns: string[]) => ({ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': patterns } })
const variable = (name: string) => `\${${name}}`

describe('the rights of a role, taken apart', () => {
  it('are one statement for each action and resource, with the same condition; a deny stays as it is', () => {
    const deny = { Effect: 'Deny', Action: ['sqs:*', 'sqs:Send*'], Resource: '*' }
    const documents = [
      { Statement: [allow(['a:One', 'a:Two'], ['x', 'y'], LEADING('k')), deny] },
      { Statement: allow('b:Three', 'z') },
    ]
    const { policy, rights } = takeApart(documents)
    const condition = { condition: LEADING('k') }
    expect(rights).toEqual([
      { sid: 'r1', action: 'a:One', resource: 'x', ...condition },
      { sid: 'r2', action: 'a:One', resource: 'y', ...condition },
      { sid: 'r3', action: 'a:Two', resource: 'x', ...condition },
      { sid: 'r4', action: 'a:Two', resource: 'y', ...condition },
      { sid: 'r5', action: 'b:Three', resource: 'z' },
    ])
    const kept = (Sid: string, Action: string, Resource: string) => ({
      ...allow(Action, Resource, LEADING('k')),
      Sid,
    })
    expect(policy).toEqual({
      Version: '2012-10-17',
      Statement: [
        kept('r1', 'a:One', 'x'),
        kept('r2', 'a:One', 'y'),
        kept('r3', 'a:Two', 'x'),
        kept('r4', 'a:Two', 'y'),
        deny,
        { ...allow('b:Three', 'z'), Sid: 'r5' },
      ],
    })
  })

  it('that name what is not meant stay one statement, and are told so', () => {
    const all = { Effect: 'Allow', NotAction: ['iam:*', 'sts:*'], Resource: ['x', 'y'] }
    const most = { Effect: 'Allow', Action: ['a:One', 'a:Two'], NotResource: 'z' }
    const { policy, rights } = takeApart([{ Statement: [all, most] }])
    expect(rights).toEqual([
      { sid: 'r1', action: 'not iam:*, sts:*', resource: 'x, y' },
      { sid: 'r2', action: 'a:One, a:Two', resource: 'not z' },
    ])
    expect(policy.Statement).toEqual([
      { ...all, Sid: 'r1' },
      { ...most, Sid: 'r2' },
    ])
  })

  it('are none in what is no policy', () => {
    expect([undefined, 'text', {}, { Statement: ['text'] }].flatMap(statementsOf)).toEqual([])
  })
})

describe('the conditions of policies', () => {
  it('on keys that the gateway knows are no problem, whatever their case', () => {
    const known = {
      StringEquals: { 'cloudwatch:namespace': 'a', 'AWS:PrincipalArn': 'b', 'aws:PrincipalTag/team': 'c' },
      Bool: { 'aws:securetransport': 'true', 'aws:PrincipalIsAWSService': 'false' },
      ArnEquals: { 'lambda:FunctionArn': 'd' },
      Null: { 'dynamodb:Attributes': 'false', 'dynamodb:LeadingKeys': 'false' },
      StringLike: { 'aws:PrincipalAccount': 'e', 'aws:RequestedRegion': 'f' },
    }
    expect(contextProblems(policiesOf([allow('a:One', '*', known)]))).toEqual([])
  })

  it('on other keys are one sentence each, also in the policy of a queue and under a deny', () => {
    const on = (...keys: string[]) => ({ StringEquals: Object.fromEntries(keys.map((key) => [key, 'x'])) })
    const deny = { Effect: 'Deny', Principal: '*', Action: 'sqs:*', Resource: QUEUE_ARN, Condition: on('sqs:Other') }
    const statements = [allow('a:One', '*', on('aws:SourceVpc')), allow('a:Two', '*', on('aws:SourceVpc', 's3:prefix'))]
    const sentence = (key: string) =>
      `a policy of the template has a condition on ${key}, which the local gateway cannot tell`
    expect(contextProblems(policiesOf(statements, [deny]))).toEqual(
      ['aws:SourceVpc', 's3:prefix', 'sqs:Other'].map(sentence),
    )
  })

  it('put partition keys into one class that match the same patterns, and no others', () => {
    const classOf = makeClasses(
      policiesOf([
        allow('dynamodb:GetItem', TABLE_ARN, LEADING('task#*', 'fleet')),
        allow('dynamodb:Query', TABLE_ARN, { StringEquals: { 'DynamoDB:leadingkeys': 'out?' } }),
        allow('dynamodb:Query', TABLE_ARN, LEADING('a.b')),
      ]),
    )
    const of = (...keys: string[]) => JSON.stringify(classOf({ 'dynamodb:LeadingKeys': keys }))
    const classes = ['task#1', 'fleet', 'out1', 'a.b', 'else'].map((key) => of(key))
    expect(new Set(classes).size).toBe(5)
    expect(['task#', 'task#2'].map((key) => of(key))).toEqual([classes[0], classes[0]])
    expect(['fleets', 'my fleet', 'task', 'my task#1', 'out', 'out12', 'axb', 'task#\n'].map((key) => of(key))).toEqual(
      Array(8).fill(classes[4]),
    )
    // As a set: neither their order nor how many there are of a class matters.
    expect(of('fleet', 'task#1', 'task#2')).toBe(of('task#3', 'fleet'))
    expect(of('task#1', 'else')).not.toBe(of('task#1'))
  })

  it('keep every other value of a request, and requests without partition keys, apart', () => {
    const classOf = makeClasses(policiesOf([allow('dynamodb:GetItem', TABLE_ARN, LEADING('task#*'))]))
    expect(classOf({ 'cloudwatch:namespace': 'a' })).toEqual({ 'cloudwatch:namespace': 'a' })
    const attributes = { 'dynamodb:Attributes': ['b', 'a'] }
    expect(classOf({ 'dynamodb:LeadingKeys': 'task#1', ...attributes })).toEqual({
      'dynamodb:LeadingKeys': ['1'],
      ...attributes,
    })
  })

  it('with a variable in a pattern put every partition key into a class of its own', () => {
    const classOf = makeClasses(
      policiesOf([allow('dynamodb:GetItem', TABLE_ARN, LEADING('task#*', variable('aws:PrincipalTag/team')))]),
    )
    const context = { 'dynamodb:LeadingKeys': ['task#1'] }
    expect(classOf(context)).toEqual(context)
  })
})

it('the credentials of each function and each run are its own, and have the form of those of a role', () => {
  const made = Array.from({ length: 50 }, makeCredentials)
  for (const { accessKeyId, secretAccessKey } of made) {
    expect(accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/)
    expect(secretAccessKey).toMatch(/^[\w+/]{40}$/)
  }
  expect(new Set(made.map(({ accessKeyId }) => accessKeyId)).size).toBe(50)
  expect(new Set(made.map(({ secretAccessKey }) => secretAccessKey)).size).toBe(50)
})
