import { basename } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** By the time that they take, about 125 s down to 10 s: the longest start first, so that none of them ends alone. */
const LONGEST_FIRST = [
  ...['kill', 'faulty-engines', 'aws-limits', 'rights', 'canaries', 'thousand', 'start', 'pause', 'crowd'],
  ...['refusals', 'backup', 'strangers', 'deep'],
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => LONGEST_FIRST.indexOf(basename(moduleId, '.test.ts'))
    return files.toSorted((a, b) => place(a) - place(b))
  }
}

/**
 * The fleet as processes, on embedded engines. Real time passes here, and a fleet mostly waits: four files share two
 * cores. Each file has ports and a data folder of its own, so none of them meets another.
 */
export default defineConfig({
  test: {
    include: ['test/fleet/**/*.test.ts'],
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    testTimeout: 600_000,
    hookTimeout: 60_000,
    setupFiles: ['test/no-real-aws.ts', 'test/undo.ts'],
  },
})
