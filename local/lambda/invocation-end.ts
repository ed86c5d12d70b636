/** The end of one invocation. `payload` is JSON. */
export type InvocationEnd =
  | { kind: 'returned'; payload: string }
  | { kind: 'threw'; errorType: string; errorMessage: string }
  | { kind: 'timedOut' }
  /** The environment itself ended: out of memory, an exception outside the handler, or `process.exit`. */
  | { kind: 'crashed'; errorMessage: string }

/** `notBegun`: it was taken back before the function saw it, so it may run in another environment. */
export type InvokeResult = InvocationEnd | { kind: 'notBegun' }
