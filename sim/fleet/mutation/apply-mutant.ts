import { registerHooks } from 'node:module'
import type { Patch } from './mutant.ts'
import { MUTANTS } from './mutants.ts'

/**
 * Plants a defect: the sources of the use cases are changed as they are loaded, in this thread only. Production code
 * holds no switch for it. A patch whose text is not there exactly once is an error: a mutant never fails silently.
 */
export function applyMutant(name: string): { verify(): void } {
  const mutant = MUTANTS.find((each) => each.name === name)
  if (mutant === undefined) throw new Error(`there is no mutant '${name}'`)
  const open = new Set<Patch>(mutant.patches)
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context)
      const patches = mutant.patches.filter(({ file }) => url.endsWith(`/${file}`))
      if (patches.length === 0) return loaded
      let source = textOf(loaded.source)
      for (const patch of patches) {
        source = patched(name, patch, source)
        open.delete(patch)
      }
      return { ...loaded, source }
    },
  })
  return {
    verify() {
      const [missed] = open
      if (missed !== undefined) throw new Error(`mutant '${name}': ${missed.file} was never loaded`)
    },
  }
}

const textOf = (source: unknown): string =>
  typeof source === 'string' ? source : source instanceof Uint8Array ? Buffer.from(source).toString('utf8') : ''

function patched(name: string, { file, find, replace }: Patch, source: string): string {
  const parts = source.split(find)
  if (parts.length !== 2) {
    throw new Error(
      `mutant '${name}' cannot be planted: ${file} holds ${JSON.stringify(find)} ${parts.length - 1} times`,
    )
  }
  return parts.join(replace)
}
