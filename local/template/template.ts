import { looseObject, optional, parse, record, string, unknown } from 'zod/mini'

const Resource = looseObject({ Type: string(), Properties: optional(record(string(), unknown())) })
const Output = looseObject({ Value: unknown() })
const Template = looseObject({
  Resources: record(string(), Resource),
  Outputs: optional(record(string(), Output)),
})

/** A synthesized CloudFormation template, as far as the local runtime reads it. */
export interface Template {
  /** The resources of one type: logical id and raw properties. */
  ofType(type: string): { id: string; properties: Record<string, unknown> }[]
  typeOf(id: string): string | undefined
  properties(id: string): Record<string, unknown>
  outputs: Record<string, unknown>
}

export function readTemplate(value: unknown): Template {
  const { Resources, Outputs = {} } = parse(Template, value)
  return {
    ofType: (type) =>
      Object.entries(Resources)
        .filter(([, resource]) => resource.Type === type)
        .map(([id, resource]) => ({ id, properties: resource.Properties ?? {} })),
    typeOf: (id) => Resources[id]?.Type,
    properties: (id) => Resources[id]?.Properties ?? {},
    outputs: Object.fromEntries(Object.entries(Outputs).map(([name, output]) => [name, output.Value])),
  }
}
