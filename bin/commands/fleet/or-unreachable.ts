import { OPERATOR_TAG } from '../../../functions/contract/stack.ts'
import { Unreachable, UsageError } from '../cli/exit.ts'

/** Runs calls to AWS. A failure becomes one line that names the fleet and says what to do. */
export async function orUnreachable<T>(fleet: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    if (error instanceof Unreachable || error instanceof UsageError) throw error
    throw new Unreachable(`${fleet}: ${explain(error)}`)
  }
}

function explain(error: unknown): string {
  const name = error instanceof Error ? error.name : ''
  const text = error instanceof Error ? error.message : String(error)
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ECONNREFUSED' || text.includes('ECONNREFUSED'))
    return 'nothing answers there; is it running (`npm start`)?'
  if (/NonExistentQueue|QueueDoesNotExist/.test(name))
    return 'the queue does not exist; has the fleet been started or deployed?'
  if (/AccessDenied/.test(name) && /ReceiveMessage/i.test(text))
    return (
      'this queue may be received by operators only: a role with the policy Lifesign-STAGE-operator and the tag ' +
      `${OPERATOR_TAG}=STAGE (docs/runbook.md#dead-letters)`
    )
  if (name === 'CredentialsProviderError') return 'no AWS credentials; log in, or name a profile in AWS_PROFILE'
  if (/Region is missing/.test(text)) return 'no AWS region; say --region or set AWS_REGION'
  return oneLine(text) || name || 'no answer'
}

const oneLine = (text: string): string => (text.split('\n')[0] ?? '').trim()
