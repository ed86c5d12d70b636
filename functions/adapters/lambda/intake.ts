import * as z from 'zod/mini'
import { errorName } from '../../core/error-name.ts'
import type { Clock, Intake, IntakeState } from '../../core/ports.ts'
import type { LambdaApi } from './lambda-api.ts'

/** Lambda throttles its API for the whole account, so a refused call is sent again. */
const MOST_TRIES = 3
const RETRY_MS = 300
const TRY_AGAIN: readonly string[] = ['TooManyRequestsException', 'ServiceException', 'TimeoutError', 'HTTP_503']
/** An earlier change is still under way. */
const BUSY: readonly string[] = ['ResourceInUseException', 'ResourceConflictException']

const configuration = z.looseObject({ State: z.optional(z.string()) })

/** The event source mapping that feeds the task queue to submit. */
export function makeIntake(options: { call: LambdaApi; mappingId: string; clock: Pick<Clock, 'sleep'> }): Intake {
  const { call, clock } = options
  const path = `event-source-mappings/${options.mappingId}`

  async function stateAfter(operation: Parameters<LambdaApi>[0], body?: object, tries = 1): Promise<IntakeState> {
    try {
      return stateOf(configuration.parse(await call(operation, path, body)).State)
    } catch (error) {
      const name = errorName(error)
      if (BUSY.includes(name)) return 'changing'
      if (tries >= MOST_TRIES || !TRY_AGAIN.includes(name)) throw error
      await clock.sleep(RETRY_MS * tries)
      return stateAfter(operation, body, tries + 1)
    }
  }

  return {
    read: () => stateAfter('GetEventSourceMapping'),
    set: (open) => stateAfter('UpdateEventSourceMapping', { Enabled: open }),
  }
}

/** `Creating`, `Enabling`, `Disabling`, `Updating` and `Deleting` end by themselves in another state. */
function stateOf(state: string | undefined): IntakeState {
  if (state === 'Enabled') return 'open'
  return state === 'Disabled' ? 'shut' : 'changing'
}
