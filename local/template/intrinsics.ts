import { isRecord } from '../../functions/contract/is-record.ts'
/** The values of `Ref` and `Fn::GetAtt`; undefined if a resource is unknown. */
export interface KnownNames {
  ref(logicalId: string): string | undefined
  attribute(logicalId: string, attribute: string): string | undefined
}

/**
 * Evaluates the intrinsic functions in a value of a template. A reference to something that does not exist locally (a
 * role, a log group) becomes its logical id, which no local program reads.
 */
export function makeResolver(known: KnownNames): (value: unknown) => unknown {
  const ref = (id: string): string => known.ref(id) ?? id
  const attribute = (id: string, name: string): string => known.attribute(id, name) ?? `${id}.${name}`

  const substitute = (template: string, own: Record<string, unknown>): string =>
    template.replace(/\$\{(!?)([^}]*)\}/g, (whole, literal: string, name: string) => {
      if (literal !== '') return whole.replace('!', '')
      if (name in own) return text(resolve(own[name]))
      const [id = '', ...rest] = name.split('.')
      return rest.length === 0 ? ref(id) : attribute(id, rest.join('.'))
    })

  function intrinsic(name: string, argument: unknown): unknown {
    switch (name) {
      case 'Ref':
        return ref(text(argument))
      case 'Fn::GetAtt': {
        const [id = '', ...path] = Array.isArray(argument) ? argument.map(text) : text(argument).split('.')
        return attribute(id, path.join('.'))
      }
      case 'Fn::Join': {
        const [separator, parts] = list(argument)
        return list(resolve(parts)).map(text).join(text(separator))
      }
      case 'Fn::Sub': {
        const [template, own] = Array.isArray(argument) ? argument : [argument, {}]
        return substitute(text(template), isRecord(own) ? own : {})
      }
      case 'Fn::Select': {
        const [index, parts] = list(argument)
        return list(resolve(parts))[Number(resolve(index))]
      }
      case 'Fn::Split': {
        const [separator, whole] = list(argument)
        return text(resolve(whole)).split(text(separator))
      }
      default:
        throw new Error(`the template uses ${name}, which the local runtime does not know`)
    }
  }

  function resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(resolve)
    if (!isRecord(value)) return value
    const [only, ...others] = Object.entries(value)
    if (only !== undefined && others.length === 0 && (only[0] === 'Ref' || only[0].startsWith('Fn::')))
      return intrinsic(only[0], only[1])
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, resolve(inner)]))
  }
  return resolve
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
const text = (value: unknown): string => (typeof value === 'string' ? value : String(value))
