import { invariant } from '../invariant.ts'

/** With few threads tasks wait. */
export const CAPACITY = [
  invariant('no task fails for want of a thread', ['wrote'], ({ transition, after }, { scenario }) => {
    // In this trouble the first provider refuses for want of a thread, or because of the rate, and solves all that it takes.
    if (scenario.trouble?.kind !== 'threads' || transition.kind === 'transferAccounting') return null
    if (after.state !== 'failed' || after.result.error?.class === 'uncertain') return null
    return `${after.taskId} is failed: ${after.result.error?.code}`
  }),
] as const
