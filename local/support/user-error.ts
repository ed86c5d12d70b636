/**
 * An error that the user can fix. It is shown as one line without a stack. The exit code is 2 if the request is wrong,
 * and 1 if the machine does not allow it.
 */
export class UserError extends Error {
  readonly exitCode: 1 | 2
  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

/** A wrong setting, variable or option. */
export const usageError = (message: string): UserError => new UserError(message, 2)

export const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error))
export const errnoOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
