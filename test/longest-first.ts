import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Test files in this order, named as in `test/`, and all others after them: a long file that starts last runs alone at the
 * end, while the other core has nothing to do.
 */
export function longestFirst(files: readonly string[]) {
  const gone = files.filter((file) => !existsSync(join(import.meta.dirname, `${file}.test.ts`)))
  if (gone.length > 0) throw new Error(`no test file ${gone.join(', ')}`)
  return class LongestFirst extends BaseSequencer {
    override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
      const place = ({ moduleId }: TestSpecification) => {
        const found = files.findIndex((file) => moduleId.endsWith(`/test/${file}.test.ts`))
        return found === -1 ? files.length : found
      }
      return (await super.sort(specifications)).toSorted((a, b) => place(a) - place(b))
    }
  }
}
