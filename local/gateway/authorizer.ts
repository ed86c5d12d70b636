import type { runSimulation as RunSimulation } from '@cloud-copilot/iam-simulate'
import { installed } from '../engines/installed.ts'
import { ACCOUNT, REGION } from '../template/known-names.ts'
import type { Access, Caller } from './call.ts'
import { contextProblems, makeClasses } from './condition-keys.ts'
import type { Policies, Role } from './roles.ts'

/** `rights`: the sids of the rights that allow the access. */
type Decision = { kind: 'allowed'; rights: string[] } | { kind: 'denied'; message: string }

export interface Authorizer {
  check(caller: Caller, access: Access): Promise<Decision>
}

const SIMULATOR = '@cloud-copilot/iam-simulate'

/**
 * Decides as IAM does, by the policies of the template. A decision is cached for all requests that the policies cannot
 * distinguish: the same role, action, resource and class of partition keys.
 */
export async function makeAuthorizer(policies: Policies): Promise<Authorizer> {
  // Loaded here and not at the start of the program, which must listen and handle signals before.
  const { runSimulation } = await installed(SIMULATOR, () => import('@cloud-copilot/iam-simulate'))
  const problems = contextProblems(policies)
  if (problems.length > 0) throw new Error(problems.join('; '))
  const classOf = makeClasses(policies)
  const decided = new Map<string, Promise<Decision>>()
  return {
    check(caller, access) {
      const key = JSON.stringify([caller.name, access.action, access.resource, classOf(access.context)])
      const known = decided.get(key)
      if (known !== undefined) return known
      const decision = decide(runSimulation, policies, caller, access)
      decided.set(key, decision)
      return decision
    },
  }
}

async function decide(
  runSimulation: typeof RunSimulation,
  { roles, resources }: Policies,
  caller: Caller,
  access: Access,
): Promise<Decision> {
  const role = roles.get(caller.roleArn)
  const result = await runSimulation(simulation(caller, role, access, resources.get(access.resource)), {})
  if (result.resultType === 'error') {
    const why = `(the request cannot be simulated: ${result.errors.message})`
    return { kind: 'denied', message: `${refusal(caller, access)} ${why}` }
  }
  const results = result.resultType === 'single' ? [result.result] : result.results
  if (result.overallResult === 'Allowed') {
    const allowing = results.flatMap(({ analysis }) => analysis.identityAnalysis?.allowStatements ?? [])
    return { kind: 'allowed', rights: [...new Set(allowing.map(({ statement }) => statement.sid() ?? ''))] }
  }
  const byResource = results.some(({ analysis }) => (analysis.resourceAnalysis?.denyStatements.length ?? 0) > 0)
  const why =
    result.overallResult === 'ExplicitlyDenied'
      ? `with an explicit deny in ${byResource ? 'a resource' : 'an identity'}-based policy`
      : `because no identity-based policy allows the ${spelled(access.action)} action`
  return { kind: 'denied', message: `${refusal(caller, access)} ${why}` }
}

const simulation = (caller: Caller, role: Role | undefined, access: Access, resourcePolicy: unknown) => ({
  request: {
    principal: sessionOf(caller),
    action: access.action,
    resource: { resource: access.resource, accountId: ACCOUNT },
    contextVariables: {
      ...Object.fromEntries(
        Object.entries(access.context).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
      ),
      ...globalContext(caller, role),
    },
  },
  identityPolicies: role === undefined ? [] : [{ name: 'role', policy: role.policy }],
  serviceControlPolicies: [],
  resourceControlPolicies: [],
  ...(resourcePolicy === undefined ? {} : { resourcePolicy }),
})

/**
 * Every request counts as a request over TLS: on AWS the queues refuse plain HTTP, and on loopback there is only plain
 * HTTP.
 */
const globalContext = (caller: Caller, role: Role | undefined) => ({
  'aws:SecureTransport': 'true',
  'aws:PrincipalArn': caller.roleArn,
  'aws:PrincipalAccount': ACCOUNT,
  'aws:PrincipalIsAWSService': 'false',
  'aws:RequestedRegion': REGION,
  ...Object.fromEntries(Object.entries(role?.tags ?? {}).map(([name, value]) => [`aws:PrincipalTag/${name}`, value])),
})

/** The IAM principal of a function: a session of its role, named after the function. */
const sessionOf = ({ roleArn, functionName }: Caller): string =>
  `arn:aws:sts::${ACCOUNT}:assumed-role/${roleArn.slice(roleArn.lastIndexOf('/') + 1)}/${functionName}`

const refusal = (caller: Caller, { action, resource }: Access): string =>
  `User: ${sessionOf(caller)} is not authorized to perform: ${spelled(action)} on resource: ${resource}`

/** In this message SQS writes the names of its actions in lower case; no other service does. */
const spelled = (action: string): string => (action.startsWith('sqs:') ? action.toLowerCase() : action)
