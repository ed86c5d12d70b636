import { isRecord } from '../../functions/contract/is-record.ts'

/** One action on one resource that a role is allowed, as its policies write it, including wildcards. */
export interface Right {
  /** The name of the right in the evaluated policy: `r12`. */
  sid: string
  action: string
  resource: string
  condition?: unknown
}
export interface PolicyDocument {
  Version: string
  Statement: Record<string, unknown>[]
}

/**
 * Merges a role's policies into one policy. Each allowing statement is split into one statement for each action and
 * resource. The meaning stays the same, and the statement that decides about a request then identifies the right that
 * was used.
 */
export function takeApart(documents: readonly unknown[]): { policy: PolicyDocument; rights: Right[] } {
  const rights: Right[] = []
  const statements = documents.flatMap(statementsOf).flatMap((statement) => {
    const { Effect, Action, Resource, Condition, NotAction, NotResource } = statement
    if (Effect !== 'Allow') return [statement]
    const [actions, resources] = [texts(Action ?? not(NotAction)), texts(Resource ?? not(NotResource))]
    const [whole, parts] = [Action === undefined || Resource === undefined, pairs(actions, resources)]
    const named = (whole ? [[actions.join(', '), resources.join(', ')] as const] : parts).map(([action, resource]) => {
      const right = { sid: `r${rights.length + 1}`, action, resource }
      rights.push(Condition === undefined ? right : { ...right, condition: Condition })
      return right
    })
    return named.map(({ sid, action, resource }) =>
      whole ? { ...statement, Sid: sid } : { ...statement, Sid: sid, Action: action, Resource: resource },
    )
  })
  return { policy: { Version: '2012-10-17', Statement: statements }, rights }
}

export const statementsOf = (document: unknown): Record<string, unknown>[] => {
  const inner = isRecord(document) ? document.Statement : undefined
  return (Array.isArray(inner) ? inner : [inner]).filter(isRecord)
}

const pairs = (actions: string[], resources: string[]): (readonly [string, string])[] =>
  actions.flatMap((action) => resources.map((resource) => [action, resource] as const))
const texts = (value: unknown): string[] => (Array.isArray(value) ? value : [value]).map(String)
const not = (value: unknown): string => `not ${texts(value).join(', ')}`
