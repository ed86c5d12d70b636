import { errnoOf, errorText, UserError } from './user-error.ts'

/** What is wrong with the folder that holds tables and logs, and how to mend it. */
export function folderProblem(data: string, error: unknown): UserError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  const why =
    errnoOf(cause) === 'LEVEL_LOCKED' || errorText(cause).includes('LOCK')
      ? 'is in use by another process: stop that one'
      : `cannot be used (${errorText(cause)}): mend it`
  return new UserError(`the data folder ${data} ${why}, or choose another with LIFESIGN_DATA`)
}
