import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Test files in this order, named as in `test/`, and all others after them: a long file that starts last runs alone at the
 * end, while the other core has nothing to do.
 */
export function longestFirst(files: readonly string[]) {
  const placeOf = placesOf(files)
  return class LongestFirst extends BaseSequencer {
    override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
      const place = (file: TestSpecification) => placeOf(file) ?? files.length
      return (await super.sort(specifications)).toSorted((a, b) => place(a) - place(b))
    }
  }
}

/** The share of the files that compute among which those that wait are spread: the rest are the shortest. */
const SPREAD_OVER = 0.7

/**
 * The test files that mostly wait, named as in `test/` with the longest first, are spread over the largest of the others:
 * where several of them run at once, a core has nothing to do. `atOnce` of them start first.
 */
export function waitingSpread(waiting: readonly string[], atOnce: number) {
  const placeOf = placesOf(waiting)
  return class WaitingSpread extends BaseSequencer {
    override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
      const computing = specifications
        .filter((file) => placeOf(file) === undefined)
        .toSorted((a, b) => statSync(b.moduleId).size - statSync(a.moduleId).size)
      const distance = (SPREAD_OVER * computing.length) / waiting.length
      const order = new Map(computing.map((file, at) => [file, at]))
      const startOf = (file: TestSpecification) => {
        const place = placeOf(file)
        return place === undefined ? (order.get(file) ?? 0) : (place - atOnce) * distance
      }
      return specifications.toSorted((a, b) => startOf(a) - startOf(b))
    }
  }
}

function placesOf(files: readonly string[]): (file: TestSpecification) => number | undefined {
  const gone = files.filter((file) => !existsSync(join(import.meta.dirname, `${file}.test.ts`)))
  if (gone.length > 0) throw new Error(`no test file ${gone.join(', ')}`)
  const places = new Map(files.map((file, place) => [join(import.meta.dirname, `${file}.test.ts`), place]))
  return ({ moduleId }) => places.get(moduleId)
}
