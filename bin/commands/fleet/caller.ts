import { userInfo } from 'node:os'
import { PAUSE_CHARACTERS } from '../../../functions/core/admission/steps/pause.ts'

/** Who calls, by the credentials that AWS sees: `ops/anna` for a session of a role, `user/anna`, `root`. */
export async function awsCaller(connection: { region?: string }): Promise<string> {
  const { STSClient, GetCallerIdentityCommand } = await import('@aws-sdk/client-sts')
  const client = new STSClient({ ...connection, maxAttempts: 3 })
  try {
    const { Arn } = await client.send(new GetCallerIdentityCommand({}))
    return Arn === undefined ? 'unknown' : callerOf(Arn)
  } finally {
    client.destroy()
  }
}

/** The end of a long name is kept: it is the session, which names the person. */
export const callerOf = (arn: string): string =>
  arn
    .split(':')
    .slice(5)
    .join(':')
    .replace(/^assumed-role\//, '')
    .slice(-PAUSE_CHARACTERS.by)

export const localCaller = (): string => userInfo().username.slice(-PAUSE_CHARACTERS.by)
