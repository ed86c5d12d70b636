import { isRecord } from '../template/intrinsics.ts'
import type { Access } from './call.ts'
import { statementsOf } from './rights.ts'
import type { Policies } from './roles.ts'

/** Condition keys that the gateway can tell. */
const TOLD = [
  'aws:SecureTransport',
  'aws:PrincipalArn',
  'aws:PrincipalAccount',
  'aws:PrincipalIsAWSService',
  'aws:RequestedRegion',
  'dynamodb:LeadingKeys',
  'cloudwatch:namespace',
  'lambda:FunctionArn',
]

/** One sentence for each condition key of the template that would be judged without its value. */
export function contextProblems(policies: Policies): string[] {
  const told = new Set(TOLD.map((name) => name.toLowerCase()))
  const reportedByCallback = (key: string) => told.has(key) || key.startsWith('aws:principaltag/')
  const unknown = new Set(
    conditionsOf(policies).flatMap(({ key }) => (reportedByCallback(key.toLowerCase()) ? [] : [key])),
  )
  return [...unknown].map(
    (key) => `a policy of the template has a condition on ${key}, which the local gateway cannot tell`,
  )
}

/**
 * What the conditions can tell of a request's context. Partition keys hold task ids and have no end, but a policy
 * knows only which of its own patterns a key fits; so keys that fit the same ones are of one class.
 */
export function makeClasses(policies: Policies): (context: Access['context']) => unknown {
  const patterns = conditionsOf(policies)
    .filter(({ key }) => key.toLowerCase() === 'dynamodb:leadingkeys')
    .flatMap(({ values }) => values)
  // A pattern with a variable is filled in for each request, so nothing is known of it before.
  const fixed = patterns.every((pattern) => !pattern.includes('${'))
  const matchers = [...new Set(patterns)].map(likeness)
  const fits = (key: string) => matchers.map((matcher) => (matcher.test(key) ? '1' : '0')).join('')
  return (context) => {
    const keys = context['dynamodb:LeadingKeys']
    if (keys === undefined || !fixed) return context
    return { ...context, 'dynamodb:LeadingKeys': [...new Set([keys].flat().map(fits))].toSorted() }
  }
}

/** As the simulator compares with StringLike: `*` is any text of one line, `?` any one character. */
const likeness = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  )

function conditionsOf({ roles, resources }: Policies): { key: string; values: string[] }[] {
  const documents = [...[...roles.values()].map(({ policy }) => policy), ...resources.values()]
  return documents
    .flatMap(statementsOf)
    .flatMap(({ Condition }) => (isRecord(Condition) ? Object.values(Condition) : []))
    .flatMap((keys) => (isRecord(keys) ? Object.entries(keys) : []))
    .map(([key, values]) => ({ key, values: [values].flat().map(String) }))
}
