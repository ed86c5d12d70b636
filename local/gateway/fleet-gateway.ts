import { FUNCTIONS, type FunctionName } from '../../functions/contract/functions.ts'
import type { LogSink } from '../support/log-sink.ts'
import { UserError } from '../support/user-error.ts'
import type { KnownNames } from '../template/intrinsics.ts'
import { arn } from '../template/known-names.ts'
import type { FunctionPlan, Plan } from '../template/plan.ts'
import type { Template } from '../template/template.ts'
import { makeAuthorizer } from './authorizer.ts'
import type { Access, Caller, Service } from './call.ts'
import { type Checker, makeChecker } from './checker.ts'
import { type Credentials, makeCredentials } from './credentials.ts'
import { startGateway } from './gateway.ts'
import type { Interceptor } from './interceptor.ts'
import { makeLedger, type RightsReport } from './ledger.ts'
import { readPolicies } from './roles.ts'

export interface FleetGateway {
  url: string
  credentials: Readonly<Partial<Record<FunctionName, Credentials>>>
  /** The check of the gateway, for the control endpoint, which can be called directly. */
  check: Checker
  /** The rights of each function's role that this run used. */
  report(): RightsReport[]
  stop(): Promise<void>
}
interface FleetGatewayOptions {
  template: Template
  known: KnownNames
  plan: Plan
  engines: Readonly<Record<Service, string>>
  interceptors: readonly Interceptor[]
  sink: LogSink
}

/** Starts the gateway of one run, with credentials for each function and the rights of its role from the template. */
export async function startFleetGateway(options: FleetGatewayOptions): Promise<FleetGateway> {
  const { template, known, plan, engines, interceptors, sink } = options
  const policies = readPolicies(template, known)
  const authorizer = await makeAuthorizer(policies)
  const ledger = makeLedger(byFunction(plan.functions, ({ roleArn }) => policies.roles.get(roleArn)?.rights ?? []))
  const credentials = byFunction(plan.functions, makeCredentials)
  const callers = new Map(
    plan.functions.flatMap((made) => {
      const own = credentials[made.name]
      return own === undefined ? [] : [[own.accessKeyId, callerOf(made)] as const]
    }),
  )

  for (const { caller, access } of accessOfLambda(plan)) {
    const decision = await authorizer.check(caller, access)
    if (decision.kind === 'denied')
      throw new UserError(`${caller.name}: Lambda itself could not serve it: ${decision.message}`)
    ledger.use(caller.name, decision.rights)
  }
  const check = makeChecker({
    callers,
    authorizer,
    known: {
      tables: Object.fromEntries(
        plan.tables.map(({ name, keys }) => [name, keys.find(({ type }) => type === 'HASH')?.attribute ?? '']),
      ),
      mappings: Object.fromEntries(plan.mappings.map(({ uuid, functionArn }) => [uuid, functionArn])),
    },
    onUsed: ({ name }, rights) => ledger.use(name, rights),
    onDenied: ({ name }, { action, resource }, message) =>
      sink.say(name, `its role lacks the right ${action} on ${resource} (${message})`),
  })
  const { url, stop } = await startGateway({ check, engines, interceptors })
  return { url, stop, check, credentials, report: ledger.report }
}

const callerOf = ({ name, functionName, roleArn }: FunctionPlan): Caller => ({ name, functionName, roleArn })

/**
 * The accesses that the Lambda service makes with a function's role: it writes the log, and receives and deletes the
 * messages of event sources. Without these permissions a deploy to AWS fails, or the log stays empty.
 */
function accessOfLambda({ functions, mappings }: Plan): { caller: Caller; access: Access }[] {
  return functions.flatMap((made) => {
    const caller = callerOf(made)
    const stream = arn('logs', `log-group:${made.logGroup}:log-stream:local`)
    const logs = ['CreateLogStream', 'PutLogEvents'].map((call) => ({ action: `logs:${call}`, resource: stream }))
    const sources = mappings.filter(({ target }) => target === made.name)
    const queues = sources.flatMap(({ queueArn }) =>
      ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'].map((call) => ({
        action: `sqs:${call}`,
        resource: queueArn,
      })),
    )
    return [...logs, ...queues].map((access) => ({ caller, access: { ...access, context: {} } }))
  })
}

const byFunction = <T>(
  functions: readonly FunctionPlan[],
  make: (plan: FunctionPlan) => T,
): Partial<Record<FunctionName, T>> =>
  Object.fromEntries(
    FUNCTIONS.flatMap((name) => functions.filter((made) => made.name === name).map((made) => [name, make(made)])),
  )
