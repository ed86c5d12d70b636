import { shown } from './shown.ts'

type Params = Record<string, string | number | boolean>

/** Names of methods and parameters: what every provider uses, and nothing that a server could read as another name. */
export const NAME = /^[A-Za-z0-9_.-]{1,64}$/
export const NAME_RULE = 'must be 1 to 64 characters of A-Z a-z 0-9 _ . -'

/**
 * In lower case: the fleet's own words to the provider, which a client's parameter of that name would forge, and the
 * one name under which an object keeps nothing.
 */
export const RESERVED = ['key', 'json', 'method', 'pingback', '__proto__']

/**
 * The provider's own parameters of a task, and what is wrong with them. Written out rather than left to a schema,
 * because a schema drops `__proto__` silently, and needs a second for a message of 90,000 wrong ones.
 */
export function readParams(given: unknown): { params: Params; problems: string[] } {
  if (given === undefined) return { params: {}, problems: [] }
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return { params: {}, problems: ['params must be an object'] }
  const params: Params = {}
  const problems: string[] = []
  for (const [name, value] of Object.entries(given)) {
    if (!NAME.test(name)) problems.push(`params.${shown(name)}: the name ${NAME_RULE}`)
    else if (RESERVED.includes(name.toLowerCase())) problems.push(`params.${name} is not a parameter`)
    else if (isParam(value)) params[name] = value
    else problems.push(`params.${name} must be a string, number or boolean`)
  }
  return { params, problems }
}

const isParam = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
