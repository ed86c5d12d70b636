import { type Differing, settingsFrom } from '../lib/deployed-settings.ts'

type Deployed =
  | { kind: 'settings'; settings: Differing }
  /** No such stack exists. */
  | { kind: 'none' }
  /** The stack was deployed before its settings were published as outputs. */
  | { kind: 'silent' }
  | { kind: 'unknown'; why: string }

/** The account and region of the deploy, which the CDK command line passes if it has credentials. */
interface Destination {
  account: string
  region: string
}

const PATIENCE_MS = 4000

/**
 * Reads the settings of the deployed stack from CloudFormation. Never throws, and answers within four seconds: a synth
 * must not fail or hang because of it.
 */
export async function askDeployed(stackName: string, { account, region }: Destination): Promise<Deployed> {
  const { CloudFormationClient, DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation')
  const client = new CloudFormationClient({ region, maxAttempts: 1 })
  const late = Promise.withResolvers<never>()
  // The time limit covers more than the request, because looking for credentials may hang too.
  const timer = setTimeout(() => late.reject(new Error(`no answer in ${PATIENCE_MS / 1000} s`)), PATIENCE_MS)
  try {
    const command = new DescribeStacksCommand({ StackName: stackName })
    const abortSignal = AbortSignal.timeout(PATIENCE_MS)
    const { Stacks = [] } = await Promise.race([client.send(command, { abortSignal }), late.promise])
    const [stack] = Stacks
    // With `cdk --profile` the CDK command line has other credentials than this process.
    const [, , , , owner] = stack?.StackId?.split(':') ?? []
    if (owner !== account) return { kind: 'unknown', why: `the credentials found here are of account ${owner}` }
    const outputs = stack?.Outputs ?? []
    const settings = settingsFrom(
      new Map(outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue])),
    )
    return settings === null ? { kind: 'silent' } : { kind: 'settings', settings }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return /does not exist/.test(why) ? { kind: 'none' } : { kind: 'unknown', why }
  } finally {
    clearTimeout(timer)
    client.destroy()
  }
}
