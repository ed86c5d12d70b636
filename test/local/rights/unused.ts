import type { FunctionName } from '../../../functions/contract/functions.ts'

/** A right that the run of `test/fleet/rights.test.ts` does not use, and why the function has it all the same. */
interface UnusedRight {
  function: FunctionName
  /** Action and the last part of the resource. */
  right: string
  why: string
}

/** Reviewed: a right that is neither used nor here fails that test, and so does one that is here and used, or gone. */
export const UNUSED_RIGHTS: readonly UnusedRight[] = [
  {
    function: 'pingback',
    right: 'dynamodb:Query table/lifesign outcome#*',
    why: 'Only after its outcome item could not be written: it then asks whether one of the tries was applied.',
  },
]
