import { isRecord } from '../../functions/contract/is-record.ts'
import type { Access } from './call.ts'
import { statementsOf } from './rights.ts'
import type { Policies } from './roles.ts'

/** Condition keys whose values the gateway knows. */
const KNOWN = [
  'aws:SecureTransport',
  'aws:PrincipalArn',
  'aws:PrincipalAccount',
  'aws:PrincipalIsAWSService',
  'aws:RequestedRegion',
  'dynamodb:LeadingKeys',
  'dynamodb:Attributes',
  'cloudwatch:namespace',
  'lambda:FunctionArn',
]

/** One sentence for each condition key of the template whose value the gateway does not know. */
export function contextProblems(policies: Policies): string[] {
  const known = new Set(KNOWN.map((name) => name.toLowerCase()))
  const isKnown = (key: string) => known.has(key) || key.startsWith('aws:principaltag/')
  const unknown = new Set(conditionsOf(policies).flatMap(({ key }) => (isKnown(key.toLowerCase()) ? [] : [key])))
  return [...unknown].map(
    (key) => `a policy of the template has a condition on ${key}, which the local gateway cannot tell`,
  )
}

/**
 * The classes of a request's context that the conditions can distinguish. There are endlessly many partition keys (they
 * hold task ids), but a policy only knows which of its patterns a key matches. So keys that match the same patterns are
 * in one class.
 */
export function makeClasses(policies: Policies): (context: Access['context']) => unknown {
  const patterns = conditionsOf(policies)
    .filter(({ key }) => key.toLowerCase() === 'dynamodb:leadingkeys')
    .flatMap(({ values }) => values)
  // A pattern with a variable is completed for each request, so it cannot be compared in advance.
  const fixed = patterns.every((pattern) => !pattern.includes('${'))
  const matchers = [...new Set(patterns)].map(likeness)
  const fits = (key: string) => matchers.map((matcher) => (matcher.test(key) ? '1' : '0')).join('')
  return (context) => {
    const keys = context['dynamodb:LeadingKeys']
    if (keys === undefined || !fixed) return context
    return { ...context, 'dynamodb:LeadingKeys': [...new Set([keys].flat().map(fits))].toSorted() }
  }
}

/** Compares like the simulator's StringLike: `*` is any text of one line, `?` is any one character. */
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
