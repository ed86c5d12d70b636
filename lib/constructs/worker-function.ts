import { PolicyStatement, type PolicyStatementProps, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, Code, Function as LambdaFunction, RecursiveLoop, Runtime } from 'aws-cdk-lib/aws-lambda'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import { CfnElement, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { ENV, FUNCTION_SETTINGS, type FunctionName, RECURSIVE_LOOP, settingVariable } from '../../functions/contract.ts'
import type { FleetProps } from '../fleet-stack.ts'
import { STAGES } from '../stages.ts'

export interface WorkerFunctionProps {
  name: FunctionName
  description: string
  timeoutSeconds: number
  /** Null: none is reserved. */
  reservedConcurrency: number | null
  fleet: FleetProps
}

/** One function of the fleet. It can do nothing but log, until a capability hands it a permission and its address. */
export class WorkerFunction extends Construct {
  readonly name: FunctionName
  readonly timeoutSeconds: number
  readonly sendsInLoops: boolean
  readonly role: Role
  readonly lambda: LambdaFunction

  constructor(scope: Construct, id: string, props: WorkerFunctionProps) {
    super(scope, id)
    const { fleet, name, timeoutSeconds } = props
    const stage = STAGES[fleet.stage]
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
    this.tell('fleet', fleet.stage)
    this.tell('version', fleet.version)
    this.tell('timeoutSeconds', `${timeoutSeconds}`)
  }

  /** Its name in the template. */
  get logicalId(): string {
    const resource = this.lambda.node.defaultChild
    if (!CfnElement.isCfnElement(resource)) throw new Error(`${this.name} has no resource of its own`)
    return Stack.of(this).resolve(resource.logicalId)
  }

  tell(what: keyof typeof ENV, value: string): void {
    this.lambda.addEnvironment(ENV[what], value)
  }

  allow(statement: PolicyStatementProps): void {
    this.lambda.addToRolePolicy(new PolicyStatement(statement))
  }
}

/** Exactly the settings that the function reads; one that is unset is left out. */
function settingsOf(name: FunctionName, { settings }: FleetProps): Record<string, string> {
  const given = FUNCTION_SETTINGS[name].filter((setting) => settings[setting] !== null)
  return Object.fromEntries(given.map((setting) => [settingVariable(setting), `${settings[setting]}`]))
}
