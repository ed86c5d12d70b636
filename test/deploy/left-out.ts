/** Resource types that MiniStack 1.5.33 lacks. What is left out here is deployed nowhere in this lane, and it says so. */
export const LEFT_OUT: readonly string[] = []

interface Template {
  Resources: Record<string, { Type: string; DependsOn?: string | string[]; [key: string]: unknown }>
}

/** The template without the resources of those types. Throws where another one refers to one of them. */
export function leaveOut(template: Template, types: readonly string[]): { template: Template; names: string[] } {
  const gone = Object.entries(template.Resources).filter(([, { Type }]) => types.includes(Type))
  const ids = new Set(gone.map(([id]) => id))
  const kept = Object.entries(template.Resources).filter(([id]) => !ids.has(id))
  const Resources = Object.fromEntries(
    kept.map(([id, { DependsOn, ...rest }]) => {
      const left = [DependsOn ?? []].flat().filter((on) => !ids.has(on))
      return [id, left.length > 0 ? { ...rest, DependsOn: left } : rest]
    }),
  )
  const without = { ...template, Resources }
  const text = JSON.stringify(without)
  for (const id of ids) if (text.includes(`"${id}"`)) throw new Error(`${id} is used by a resource that is kept`)
  return { template: without, names: gone.map(([id, { Type }]) => `${id} (${Type})`) }
}
