import { isRecord } from '../../functions/contract/is-record.ts'
import { type KnownNames, makeResolver } from '../template/intrinsics.ts'
import type { Template } from '../template/template.ts'
import { type PolicyDocument, type Right, statementsOf, takeApart } from './rights.ts'

/** The permissions that the template gives to one role. */
export interface Role {
  arn: string
  tags: Record<string, string>
  policy: PolicyDocument
  rights: Right[]
}

/** ARN → role, and ARN of a resource → the resource's own policy. */
export interface Policies {
  roles: ReadonlyMap<string, Role>
  resources: ReadonlyMap<string, PolicyDocument>
}

/**
 * The policies of the synthesized template: those written at a role, those attached to it by AWS::IAM::Policy and
 * AWS::IAM::ManagedPolicy, and the policies of queues, secrets and tables. Refuses what it cannot read, because a
 * policy left out would make this machine more, or less, strict than AWS.
 */
export function readPolicies(template: Template, known: KnownNames): Policies {
  const resolve = makeResolver(known)
  const of = (type: string) =>
    template.ofType(type).map(({ id, properties }) => ({ id, properties: record(resolve(properties)) }))
  const managed = of('AWS::IAM::ManagedPolicy')
  const attached = [...of('AWS::IAM::Policy'), ...managed]

  const roles = of('AWS::IAM::Role').map(({ id, properties }) => {
    const documents = [
      ...list(properties.Policies).map((policy) => record(policy).PolicyDocument),
      ...attached
        .filter(({ properties: p }) => list(p.Roles).includes(known.ref(id)))
        .map((p) => p.properties.PolicyDocument),
      ...list(properties.ManagedPolicyArns).map((policyArn) => {
        const found = managed.find((policy) => known.ref(policy.id) === policyArn)
        if (found === undefined) throw new Error(`${id} has the policy ${policyArn}, which is not in the template`)
        return found.properties.PolicyDocument
      }),
    ]
    if (properties.PermissionsBoundary !== undefined)
      throw new Error(`${id} has a permissions boundary, which nothing here reads`)
    const tags = list(properties.Tags)
      .map(record)
      .map(({ Key, Value }) => [String(Key), String(Value)] as const)
    const role: Role = {
      arn: known.attribute(id, 'Arn') ?? id,
      tags: Object.fromEntries(tags),
      ...takeApart(documents),
    }
    return [role.arn, role] as const
  })

  const resources = new Map<string, PolicyDocument>()
  const put = (arn: string | undefined, document: unknown) => {
    if (arn === undefined || document === undefined) return
    const before = resources.get(arn)?.Statement ?? []
    resources.set(arn, { Version: '2012-10-17', Statement: [...before, ...statementsOf(document)] })
  }
  const queues = of('AWS::SQS::Queue')
  for (const { properties } of of('AWS::SQS::QueuePolicy'))
    for (const url of list(properties.Queues))
      put(arnOf(known, queues.find(({ id }) => known.ref(id) === url)?.id), properties.PolicyDocument)
  for (const { properties } of of('AWS::SecretsManager::ResourcePolicy'))
    put(String(properties.SecretId), properties.ResourcePolicy)
  for (const { id, properties } of of('AWS::DynamoDB::Table'))
    put(arnOf(known, id), record(properties.ResourcePolicy).PolicyDocument)
  return { roles: new Map(roles), resources }
}

const arnOf = (known: KnownNames, id: string | undefined) => (id === undefined ? undefined : known.attribute(id, 'Arn'))
const record = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {})
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
