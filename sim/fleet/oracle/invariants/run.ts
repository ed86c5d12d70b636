import { invariant } from '../invariant.ts'

/** What holds of the run as a whole. */
export const RUN = [
  invariant('no use case throws by itself', ['threw'], ({ invocation, error }) => `${invocation}: ${String(error)}`),
  invariant('every message fits into its queue', ['tooLarge'], ({ queue, bytes }) => `${bytes} bytes for ${queue}`),
  invariant('everything comes to rest', ['endless'], ({ tasks, polls }) => `${tasks} tasks and ${polls} polls go on`),
] as const
