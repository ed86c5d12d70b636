import { expect, it } from 'vitest'
import { uuidOf } from '../../local/engines/secret.ts'
import { functionEnvironment } from '../../local/lambda/function-environment.ts'
import { knownNames } from '../../local/template/known-names.ts'
import { planFleet } from '../../local/template/plan.ts'
import { readTemplate } from '../../local/template/template.ts'
import { fakeFunction } from './bundles.ts'

const ADDRESSES = { sqsUrl: 'http://127.0.0.1:1234', baseUrl: 'http://127.0.0.1:5678', stackName: 'Stack' }
const lambda = (more: object = {}) => ({
  Type: 'AWS::Lambda::Function',
  Properties: { Handler: 'main.run', Role: { 'Fn::GetAtt': ['Role', 'Arn'] }, ...more },
})
const queue = (more: object = {}) => ({ Type: 'AWS::SQS::Queue', Properties: more })
const source = (id: string, target: string, more: object = {}) => ({
  Type: 'AWS::Lambda::EventSourceMapping',
  Properties: { EventSourceArn: { 'Fn::GetAtt': [id, 'Arn'] }, FunctionName: { Ref: target }, ...more },
})
const schedule = (target: string, rate: string, more: object = {}) => ({
  Type: 'AWS::Scheduler::Schedule',
  Properties: { ScheduleExpression: rate, Target: { Arn: { 'Fn::GetAtt': [target, 'Arn'] } }, ...more },
})

function planned(Resources: Record<string, unknown>, names: Record<string, string>, Outputs = {}) {
  const template = readTemplate({ Resources: { Role: { Type: 'AWS::IAM::Role' }, ...Resources }, Outputs })
  const known = knownNames(template, ADDRESSES)
  const assets = Object.fromEntries(Object.keys(names).map((name) => [name, `/bundles/${name}`]))
  return planFleet({ template, assets, logicalIds: names }, known)
}
const arn = (service: string, resource: string) => `arn:aws:${service}:us-east-1:000000000000:${resource}`

it('a plan has every function, queue, event source, schedule, URL and output of the template, each with its defaults where the template says nothing', () => {
  const plan = planned(
    {
      Submit: lambda(),
      Collect: lambda({
        ...{ FunctionName: 'own-name', Timeout: 33, MemorySize: 512, ReservedConcurrentExecutions: 6 },
        ...{
          RecursiveLoop: 'Allow',
          Environment: { Variables: { A: '1' } },
          LoggingConfig: { LogGroup: { Ref: 'Logs' } },
        },
      }),
      Health: lambda({ ReservedConcurrentExecutions: 2, RecursiveLoop: 'Terminate' }),
      Logs: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: 'own-logs' } },
      Tasks: queue({ QueueName: 'tasks', VisibilityTimeout: 66 }),
      Polls: queue(),
      FromTasks: source('Tasks', 'Submit', {
        ...{
          BatchSize: 7,
          MaximumBatchingWindowInSeconds: 3,
          Enabled: false,
          ScalingConfig: { MaximumConcurrency: 5 },
        },
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      }),
      FromPolls: source('Polls', 'Collect'),
      AlsoFromTasks: source('Tasks', 'Collect', { ScalingConfig: { MaximumConcurrency: 4 } }),
      Now: schedule('Health', 'rate(3 minutes)'),
      Off: schedule('Submit', 'rate(1 minute)', { State: 'DISABLED' }),
      On: schedule('Submit', 'rate(2 hours)', { State: 'ENABLED' }),
      Daily: schedule('Collect', 'rate(1 day)'),
      Url: { Type: 'AWS::Lambda::Url', Properties: { TargetFunctionArn: { 'Fn::GetAtt': ['Health', 'Arn'] } } },
    },
    { submit: 'Submit', collect: 'Collect', health: 'Health' },
    { One: { Value: { Ref: 'Tasks' } }, Two: { Value: 2 } },
  )
  const role = 'arn:aws:iam::000000000000:role/Stack-Role'
  const common = { handler: 'run', roleArn: role }
  const tasks = { queueArn: arn('sqs', 'tasks'), queueUrl: 'http://127.0.0.1:1234/000000000000/tasks' }
  const polls = { queueArn: arn('sqs', 'Stack-Polls'), queueUrl: 'http://127.0.0.1:1234/000000000000/Stack-Polls' }
  const plain = { batchSize: 10, windowSeconds: 0, maximumConcurrency: null, partial: false, enabled: true }
  expect(plan).toEqual({
    queues: [
      { name: 'tasks', url: tasks.queueUrl, arn: tasks.queueArn, attributes: { VisibilityTimeout: '66' } },
      { name: 'Stack-Polls', url: polls.queueUrl, arn: polls.queueArn, attributes: {} },
    ],
    tables: [],
    functions: [
      {
        ...{ name: 'submit', functionName: 'Stack-Submit', arn: arn('lambda', 'function:Stack-Submit'), ...common },
        ...{ logGroup: '/aws/lambda/Stack-Submit', file: '/bundles/submit/main.js', timeoutSeconds: 3, memoryMb: 128 },
        ...{ environment: {}, concurrency: 5, recursiveLoop: 'Terminate' },
      },
      {
        ...{ name: 'collect', functionName: 'own-name', arn: arn('lambda', 'function:own-name'), ...common },
        ...{ logGroup: 'own-logs', file: '/bundles/collect/main.js', timeoutSeconds: 33, memoryMb: 512 },
        // Its sources ask for 10 and 4, and 6 are reserved.
        ...{ environment: { A: '1' }, concurrency: 6, recursiveLoop: 'Allow' },
      },
      {
        ...{ name: 'health', functionName: 'Stack-Health', arn: arn('lambda', 'function:Stack-Health'), ...common },
        ...{ logGroup: '/aws/lambda/Stack-Health', file: '/bundles/health/main.js', timeoutSeconds: 3, memoryMb: 128 },
        ...{ environment: {}, concurrency: 2, recursiveLoop: 'Terminate' },
      },
    ],
    mappings: [
      {
        ...{ uuid: uuidOf('mapping:FromTasks'), ...tasks, target: 'submit' },
        ...{ functionArn: arn('lambda', 'function:Stack-Submit'), batchSize: 7, windowSeconds: 3 },
        ...{ maximumConcurrency: 5, partial: true, enabled: false },
      },
      {
        ...{ uuid: uuidOf('mapping:FromPolls'), ...polls, target: 'collect' },
        ...{ functionArn: arn('lambda', 'function:own-name'), ...plain },
      },
      {
        ...{ uuid: uuidOf('mapping:AlsoFromTasks'), ...tasks, target: 'collect' },
        ...{ functionArn: arn('lambda', 'function:own-name'), ...plain, maximumConcurrency: 4 },
      },
    ],
    schedules: [
      { target: 'health', everySeconds: 180 },
      { target: 'submit', everySeconds: 7200 },
      { target: 'collect', everySeconds: 86_400 },
    ],
    urls: ['health'],
    outputs: { One: tasks.queueUrl, Two: '2' },
  })
})

it.each<[string, object, number]>([
  ['as many as its sources together', {}, 14],
  ['as many as its sources, where more are reserved', { ReservedConcurrentExecutions: 20 }, 14],
  ['as many as are reserved, where its sources ask for more', { ReservedConcurrentExecutions: 3 }, 3],
])('a function runs %s', (_, reserved, concurrency) => {
  const two = {
    A: source('Tasks', 'Submit'),
    B: source('Tasks', 'Submit', { ScalingConfig: { MaximumConcurrency: 4 } }),
  }
  const { functions } = planned({ Tasks: queue(), Submit: lambda(reserved), ...two }, { submit: 'Submit' })
  expect(functions.map((one) => one.concurrency)).toEqual([concurrency])
})

it('a function without sources runs four times at once, and twice where twice is reserved', () => {
  const of = (more: object) => planned({ Health: lambda(more) }, { health: 'Health' }).functions[0]?.concurrency
  expect([of({}), of({ ReservedConcurrentExecutions: 2 }), of({ ReservedConcurrentExecutions: 9 })]).toEqual([4, 2, 4])
})

it('the sweep follows the seconds of its own variable, and no other function does', () => {
  const Environment = { Variables: { SWEEP_SECONDS: '7' } }
  const resources = {
    Sweep: lambda({ Environment }),
    Health: lambda(),
    A: schedule('Sweep', 'rate(1 minute)'),
    B: schedule('Health', 'rate(1 minute)'),
  }
  expect(planned(resources, { sweep: 'Sweep', health: 'Health' }).schedules).toEqual([
    { target: 'sweep', everySeconds: 7 },
    { target: 'health', everySeconds: 60 },
  ])
})

it.each<[Record<string, unknown>, string]>([
  [{ A: source('Absent', 'Submit') }, 'A reads from Absent.Arn, which is no queue of the template'],
  [{ A: source('Tasks', 'Absent') }, 'the template targets Absent, which is none of its functions'],
  [{ A: schedule('Submit', 'cron(0 0 * * ? *)') }, 'the schedule cron(0 0 * * ? *) is not a rate'],
])('a template that this machine cannot run is refused in one sentence', (more, sentence) => {
  const all = { Tasks: queue(), Submit: lambda(), ...more }
  expect(() => planned(all, { submit: 'Submit' })).toThrow(sentence)
})

it('every reference of a template has the name that AWS would give it, by its own name or by that of the stack', () => {
  const of = (Type: string, Properties = {}) => ({ Type, Properties })
  const template = readTemplate({
    Resources: {
      ...{
        Q: of('AWS::SQS::Queue'),
        T: of('AWS::DynamoDB::Table', { TableName: 'things' }),
        F: of('AWS::Lambda::Function'),
      },
      ...{
        M: of('AWS::Lambda::EventSourceMapping'),
        U: of('AWS::Lambda::Url'),
        S: of('AWS::SecretsManager::Secret', { Name: 'keys' }),
      },
      ...{
        R: of('AWS::IAM::Role'),
        P: of('AWS::IAM::ManagedPolicy'),
        L: of('AWS::Logs::LogGroup', { LogGroupName: 'g' }),
      },
      ...{ N: of('AWS::SNS::Topic', { TopicName: { Ref: 'X' } }), X: of('AWS::Other::Thing') },
    },
  })
  const { ref, attribute } = knownNames(template, ADDRESSES)
  const all = ['Q', 'T', 'F', 'U', 'S', 'R', 'P', 'L', 'N', 'X', 'absent', 'AWS::StackName', 'AWS::Region']
  expect(Object.fromEntries(all.map((id) => [id, [ref(id), attribute(id, 'Arn')]]))).toEqual({
    Q: ['http://127.0.0.1:1234/000000000000/Stack-Q', arn('sqs', 'Stack-Q')],
    T: ['things', arn('dynamodb', 'table/things')],
    F: ['Stack-F', arn('lambda', 'function:Stack-F')],
    U: ['U', undefined],
    S: [arn('secretsmanager', 'secret:keys'), undefined],
    R: ['Stack-R', 'arn:aws:iam::000000000000:role/Stack-R'],
    P: ['arn:aws:iam::000000000000:policy/Stack-P', undefined],
    L: ['g', arn('logs', 'log-group:g:*')],
    N: [arn('sns', 'Stack-N'), undefined],
    ...{ X: [undefined, undefined], absent: [undefined, undefined], 'AWS::StackName': ['Stack', undefined] },
    'AWS::Region': ['us-east-1', undefined],
  })
  const mapping = uuidOf('mapping:M')
  expect([ref('M'), attribute('M', 'Id'), attribute('M', 'EventSourceMappingArn')]).toEqual([
    ...[mapping, mapping, arn('lambda', `event-source-mapping:${mapping}`)],
  ])
  expect([attribute('Q', 'QueueName'), attribute('Q', 'QueueUrl'), attribute('U', 'FunctionUrl')]).toEqual([
    ...['Stack-Q', 'http://127.0.0.1:1234/000000000000/Stack-Q', 'http://127.0.0.1:5678/'],
  ])
  expect([attribute('N', 'TopicArn'), attribute('N', 'TopicName')]).toEqual([arn('sns', 'Stack-N'), 'Stack-N'])
})

it('a function has the variables of the template, those of Lambda, and the gateway as the only place to go', () => {
  const plan = fakeFunction('', { functionName: 'fn', memoryMb: 333, environment: { OWN: 'x', TZ: 'Europe/Rome' } })
  const gateway = 'http://127.0.0.1:99'
  expect(functionEnvironment(plan, gateway, { accessKeyId: 'ASIA1', secretAccessKey: 's' })).toEqual({
    ...{ OWN: 'x', TZ: ':UTC', AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-1' },
    ...{ AWS_ACCESS_KEY_ID: 'ASIA1', AWS_SECRET_ACCESS_KEY: 's', AWS_EC2_METADATA_DISABLED: 'true' },
    ...{ AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' },
    ...{ AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_ENDPOINT_URL_SQS: gateway, AWS_ENDPOINT_URL_DYNAMODB: gateway },
    ...{
      AWS_ENDPOINT_URL_SECRETS_MANAGER: gateway,
      AWS_ENDPOINT_URL_CLOUDWATCH: gateway,
      AWS_ENDPOINT_URL_LAMBDA: gateway,
    },
    ...{
      AWS_LAMBDA_FUNCTION_NAME: 'fn',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '333',
    },
    ...{ AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/fn', AWS_LAMBDA_LOG_STREAM_NAME: 'local' },
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  })
})
