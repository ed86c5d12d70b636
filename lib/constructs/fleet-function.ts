import { PolicyStatement, type PolicyStatementProps, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, Code, Function as LambdaFunction, RecursiveLoop, Runtime } from 'aws-cdk-lib/aws-lambda'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import { CfnElement, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { ENV } from '../../functions/contract/env.ts'
import { RECURSIVE_LOOP } from '../../functions/contract/event-sources.ts'
import { FUNCTION_SETTINGS } from '../../functions/contract/function-settings.ts'
import type { FunctionName } from '../../functions/contract/functions.ts'
import { settingVariable } from '../../functions/contract/settings.ts'
import type { FleetProps } from '../fleet-props.ts'
import { STAGES } from '../stages.ts'

interface FleetFunctionProps {
  name: FunctionName
  description: string
  timeoutSeconds: number
  /** Null: nothing is reserved. */
  reservedConcurrency: number | null
  fleet: FleetProps
}

/**
 * One function of the fleet. It may only write logs until a grant gives it a permission together with the address that
 * it needs.
 */
export class FleetFunction extends Construct {
  readonly name: FunctionName
  readonly timeoutSeconds: number
  readonly sendsInLoops: boolean
  readonly role: Role
  readonly lambda: LambdaFunction

  constructor(scope: Construct, id: string, props: FleetFunctionProps) {
    super(scope, id)
    const { fleet, name, timeoutSeconds } = props
    const stage = STAGES[fleet.like]
    this.name = name
    this.timeoutSeconds = timeoutSeconds
    this.sendsInLoops = RECURSIVE_LOOP[name] === 'Allow'
    const logGroup = new LogGroup(this, 'Logs', {
      retention: stage.logDays === 90 ? RetentionDays.THREE_MONTHS : RetentionDays.ONE_WEEK,
      removalPolicy: stage.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    })
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
    logGroup.grantWrite(this.role)
    this.lambda = new LambdaFunction(this, 'Function', {
      ...(stage.physicalNames ? { functionName: `lifesign-${name}` } : {}),
      ...(props.reservedConcurrency === null ? {} : { reservedConcurrentExecutions: props.reservedConcurrency }),
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: Code.fromAsset(fleet.bundles[name]),
      memorySize: 256,
      timeout: Duration.seconds(timeoutSeconds),
      ...(this.sendsInLoops ? { recursiveLoop: RecursiveLoop.ALLOW } : {}),
      role: this.role,
      logGroup,
      environment: settingsOf(name, fleet),
    })
    Validations.of(this.lambda).acknowledge(
      { id: 'Serverless::Serverless-LambdaDLQ', reason: NO_DEAD_LETTER_TARGET[name] },
      { id: 'Serverless::Serverless-LambdaTracing', reason: NO_TRACING },
    )
    this.setEnv('fleet', fleet.stage)
    this.setEnv('version', fleet.version)
    this.setEnv('timeoutSeconds', `${timeoutSeconds}`)
  }

  /** The logical id of the function in the template. */
  get logicalId(): string {
    const resource = this.lambda.node.defaultChild
    if (!CfnElement.isCfnElement(resource)) throw new Error(`${this.name} has no resource of its own`)
    return Stack.of(this).resolve(resource.logicalId)
  }

  setEnv(what: keyof typeof ENV, value: string): void {
    this.lambda.addEnvironment(ENV[what], value)
  }

  addPermission(statement: PolicyStatementProps): void {
    this.lambda.addToRolePolicy(new PolicyStatement(statement))
  }
}

/** A function's dead-letter target receives asynchronous invocations that failed for good. */
const FED_BY_A_QUEUE = 'It is called by its queue only, and that queue has a dead-letter queue.'
const ASKED_BY_URL =
  'It is called through its URL, synchronously: the caller gets the error, and nothing is kept to retry.'
const NO_DEAD_LETTER_TARGET: Record<FunctionName, string> = {
  submit: FED_BY_A_QUEUE,
  collect: FED_BY_A_QUEUE,
  pingback: ASKED_BY_URL,
  sweep: 'A sweep that failed is not made up for: the next one folds what it missed, and an alarm sees the silence.',
  health: ASKED_BY_URL,
}
const NO_TRACING =
  'A task lives through many invocations, minutes apart; its log lines carry its id and its attempt. A trace ends at the ' +
  'queue, and at $5 per million would cost twice as much as the table and the queues.'

/** Exactly the settings that the function reads. Unset settings are left out. */
function settingsOf(name: FunctionName, { settings }: FleetProps): Record<string, string> {
  const given = FUNCTION_SETTINGS[name].filter((setting) => settings[setting] !== null)
  return Object.fromEntries(given.map((setting) => [settingVariable(setting), `${settings[setting]}`]))
}
