import { describe, expect, it } from 'vitest'
import {
  at,
  functionOf,
  listAt,
  type QUEUES,
  queueOf,
  resourceOf,
  resourcesOf,
  templateOf,
} from './synthesized-fleet.ts'

const template = templateOf('prod', { pingback: 'true', alarmEmail: 'on-call@example.test' })
type Name = keyof typeof QUEUES
const NAMES: Name[] = ['tasks', 'polls', 'results', 'deadLetters']

const actionsOf = (statement: unknown): string[] => [at(statement, 'Action')].flat().map(String)
const arnOf = (name: Name) => ({ 'Fn::GetAtt': [queueOf(template, name).id, 'Arn'] })
const touches = (statement: unknown, name: Name) =>
  JSON.stringify([at(statement, 'Resource')].flat()).includes(JSON.stringify(arnOf(name)))
const policyOf = (name: 'Producer' | 'Consumer' | 'Operator') =>
  resourceOf(template, 'AWS::IAM::ManagedPolicy', `Policies${name}`).properties

/** Queue → actions on it. */
function rights(properties: unknown): Partial<Record<Name, string[]>> {
  const statements = listAt(properties, 'PolicyDocument', 'Statement')
  const found = NAMES.map((name) => [name, statements.filter((one) => touches(one, name)).flatMap(actionsOf)] as const)
  return Object.fromEntries(found.filter(([, actions]) => actions.length > 0).map(([name, all]) => [name, all.sort()]))
}

const LOOK = ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl']
const TAKE = ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', ...LOOK, 'sqs:ReceiveMessage']

describe('the policies to attach', () => {
  it('have the names that are promised, and their ARNs are outputs', () => {
    for (const name of ['Producer', 'Consumer', 'Operator'] as const) {
      expect(policyOf(name)).toMatchObject({ ManagedPolicyName: `Lifesign-prod-${name.toLowerCase()}` })
      const { id } = resourceOf(template, 'AWS::IAM::ManagedPolicy', `Policies${name}`)
      expect(template.Outputs[`${name}PolicyArn`]?.Value).toEqual({ Ref: id })
    }
  })

  it('let a producer send tasks and a consumer take results, and nothing else', () => {
    expect(rights(policyOf('Producer'))).toEqual({ tasks: [...LOOK, 'sqs:SendMessage'] })
    expect(rights(policyOf('Consumer'))).toEqual({ results: TAKE })
    for (const name of ['Producer', 'Consumer'] as const)
      expect(listAt(policyOf(name), 'PolicyDocument', 'Statement')).toHaveLength(1)
  })

  it('let an operator read poll messages and dead letters and move those back, but delete no poll message', () => {
    expect(rights(policyOf('Operator'))).toEqual({
      tasks: [...LOOK, 'sqs:SendMessage'],
      polls: ['sqs:ChangeMessageVisibility', ...LOOK, 'sqs:ReceiveMessage'],
      deadLetters: TAKE,
    })
  })

  it('let an operator pause the fleet, by the items of the fleet and no others of the table', () => {
    const ofTable = listAt(policyOf('Operator'), 'PolicyDocument', 'Statement').filter((one) =>
      actionsOf(one).some((action) => action.startsWith('dynamodb:')),
    )
    expect(ofTable).toEqual([
      {
        Effect: 'Allow',
        Action: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
        Resource: { 'Fn::GetAtt': [resourceOf(template, 'AWS::DynamoDB::Table', '').id, 'Arn'] },
        Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['fleet'] } },
      },
    ])
  })

  it('name no resource by a star', () => {
    for (const { properties } of resourcesOf(template, 'AWS::IAM::ManagedPolicy'))
      for (const statement of listAt(properties, 'PolicyDocument', 'Statement'))
        expect(JSON.stringify(at(statement, 'Resource'))).not.toContain('*')
  })
})

describe('receiving poll messages and dead letters', () => {
  const collectRole = at(functionOf(template, 'collect').properties, 'Role')
  const denialsOf = (name: Name) => {
    const policies = resourcesOf(template, 'AWS::SQS::QueuePolicy')
    const own = policies.filter(({ properties }) => at(properties, 'Queues', 0, 'Ref') === queueOf(template, name).id)
    const statements = own.flatMap(({ properties }) => listAt(properties, 'PolicyDocument', 'Statement'))
    return statements.filter((statement) => actionsOf(statement).includes('sqs:ReceiveMessage'))
  }

  it('is granted to collect on the poll queue and to the operator policy, and to nobody else', () => {
    const grants = [...resourcesOf(template, 'AWS::IAM::Policy'), ...resourcesOf(template, 'AWS::IAM::ManagedPolicy')]
    const mayReceive = (name: Name) =>
      grants
        .filter(({ properties }) =>
          listAt(properties, 'PolicyDocument', 'Statement').some(
            (statement) => touches(statement, name) && actionsOf(statement).includes('sqs:ReceiveMessage'),
          ),
        )
        .map(({ id }) => id.replace(/[0-9A-F]{8}$/, ''))
    expect(mayReceive('polls').sort()).toEqual(['CollectWorkerRoleDefaultPolicy', 'PoliciesOperator'])
    expect(mayReceive('deadLetters')).toEqual(['PoliciesOperator'])
  })

  it('is denied to whoever is neither collect nor a tagged operator, whatever their own policies say', () => {
    const denied = {
      Effect: 'Deny',
      Action: 'sqs:ReceiveMessage',
      Principal: { AWS: '*' },
    }
    const stranger = {
      Bool: { 'aws:PrincipalIsAWSService': 'false' },
      StringNotEquals: { 'aws:PrincipalTag/lifesign-operator': 'prod' },
    }
    expect(denialsOf('polls')).toEqual([
      {
        ...denied,
        Resource: arnOf('polls'),
        Condition: { ...stranger, ArnNotEquals: { 'aws:PrincipalArn': [collectRole] } },
      },
    ])
    expect(denialsOf('deadLetters')).toEqual([{ ...denied, Resource: arnOf('deadLetters'), Condition: stranger }])
  })

  it('is not denied on the queues that clients use', () => {
    expect(denialsOf('tasks')).toEqual([])
    expect(denialsOf('results')).toEqual([])
  })

  it('is all that is denied, so that whoever may change a queue can always change its policy', () => {
    for (const { properties } of resourcesOf(template, 'AWS::SQS::QueuePolicy'))
      for (const statement of listAt(properties, 'PolicyDocument', 'Statement'))
        if (
          at(statement, 'Effect') === 'Deny' &&
          at(statement, 'Condition', 'Bool', 'aws:SecureTransport') === undefined
        )
          expect(actionsOf(statement)).toEqual(['sqs:ReceiveMessage'])
  })
})
