import { errnoOf, errorText, UserError } from './user-error.ts'

/** The error for a data folder that cannot be used, with what to do about it. */
export function folderProblem(data: string, error: unknown): UserError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  const why =
    errnoOf(cause) === 'LEVEL_LOCKED' || errorText(cause).includes('LOCK')
      ? 'is in use by another process: stop that one'
      : `cannot be used (${errorText(cause)}): mend it`
  return new UserError(`the data folder ${data} ${why}, or choose another with LIFESIGN_DATA`)
}
