import { makeAuthorizer } from '../../../local/gateway/authorizer.ts'
import type { Access, Caller } from '../../../local/gateway/call.ts'
import { makeChecker } from '../../../local/gateway/checker.ts'
import { type Gateway, startGateway } from '../../../local/gateway/gateway.ts'
import type { Interceptor } from '../../../local/gateway/interceptor.ts'
import { readPolicies } from '../../../local/gateway/roles.ts'
import { knownNames } from '../../../local/template/known-names.ts'
import { later } from '../bundles.ts'
import { templateOf } from './template-of.ts'

const ADDRESSES = { sqsUrl: 'http://127.0.0.1:9324', baseUrl: 'http://127.0.0.1:8080', stackName: 'Test' }
export const TABLE_ARN = 'arn:aws:dynamodb:us-east-1:000000000000:table/things'
export const QUEUE_ARN = 'arn:aws:sqs:us-east-1:000000000000:work'
export const QUEUE_URL = 'http://127.0.0.1:9324/000000000000/work'
export const SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:Test-Keys'
export const MAPPING = '5b1c8f0e-0000-4000-8000-000000000001'
export const CREDENTIALS = { accessKeyId: 'ASIATESTTESTTESTTEST', secretAccessKey: 'a secret of this run' }

export const caller: Caller = {
  name: 'submit',
  functionName: 'lifesign-submit',
  roleArn: 'arn:aws:iam::000000000000:role/Test-Role',
}

export const allow = (Action: string | string[], Resource: unknown, Condition?: unknown) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition === undefined ? {} : { Condition }),
})

/** One role with these statements, and a queue with a policy of its own. */
export function policiesOf(statements: unknown[], queueStatements: unknown[] = [], more: Record<string, unknown> = {}) {
  const queuePolicy = {
    Type: 'AWS::SQS::QueuePolicy',
    Properties: { Queues: [{ Ref: 'Work' }], PolicyDocument: { Statement: queueStatements } },
  }
  const template = templateOf(statements, {
    Work: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'work' } },
    ...(queueStatements.length === 0 ? {} : { WorkPolicy: queuePolicy }),
    ...more,
  })
  return readPolicies(template, knownNames(template, ADDRESSES))
}

export interface TestGateway extends Gateway {
  denied: { access: Access; message: string }[]
  used: string[]
}

/** A gateway before one engine, for one function with these statements. */
export async function gatewayBefore(
  engine: string,
  statements: unknown[],
  interceptors: Interceptor[] = [],
): Promise<TestGateway> {
  const [denied, used]: [TestGateway['denied'], string[]] = [[], []]
  const check = makeChecker({
    callers: new Map([[CREDENTIALS.accessKeyId, caller]]),
    authorizer: await makeAuthorizer(policiesOf(statements)),
    known: {
      tables: { things: 'pk', others: 'id' },
      mappings: { [MAPPING]: 'arn:aws:lambda:us-east-1:000000000000:function:lifesign-submit' },
    },
    onDenied: (_, access, message) => denied.push({ access, message }),
    onUsed: (_, rights) => used.push(...rights),
  })
  const engines = { sqs: engine, dynamodb: engine, secretsmanager: engine, cloudwatch: engine, lambda: engine }
  const gateway = await startGateway({ check, engines, interceptors })
  later(() => gateway.stop())
  return { ...gateway, denied, used }
}
