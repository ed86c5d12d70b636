import { PAUSE_CHARACTERS } from '../../../functions/core/admission/steps/pause.ts'
import { UsageError } from '../cli/exit.ts'

/** The reason that a person gives on the command line. Everybody who looks at the fleet's health reads it. */
export function reasonFrom(given: string | undefined): string {
  const reason = (given ?? '').trim()
  if (reason === '') throw new UsageError('why? say it to whoever looks: lifesign pause --reason "TEXT"')
  if (reason.length > PAUSE_CHARACTERS.reason)
    throw new UsageError(`the reason has ${reason.length} characters; ${PAUSE_CHARACTERS.reason} fit`)
  if (/[\p{Cc}\p{Cf}]/u.test(reason)) throw new UsageError('the reason holds control characters; say it in plain text')
  return reason
}
