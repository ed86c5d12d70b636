import { readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { buildSync, type Metafile } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { ENV } from '../../functions/contract/env.ts'
import { FUNCTION_SETTINGS } from '../../functions/contract/function-settings.ts'
import { FUNCTIONS, type FunctionName } from '../../functions/contract/functions.ts'
import { PROVIDERS } from '../../functions/contract/providers.ts'
import { settingVariable } from '../../functions/contract/settings.ts'
import { BUNDLE_OPTIONS, bundleFunctions } from '../../lib/bundle.ts'
import { at, environmentOf, fleetOf, functionOf, listAt, resourcesOf, templateOf } from './synthesized-fleet.ts'

const ROOT = join(import.meta.dirname, '../..')
/** A fleet with everything on that can be, so that no variable is left out. */
const everything = fleetOf(
  'local',
  {
    pingback: 'true',
    providerUrl: 'https://one.example.test',
    backupProviderUrl: 'https://two.example.test',
    firstPollSeconds: '7',
    minBalance: '0',
    pollSeconds: '3',
    rebuyUnknown: '0',
    spendPerHour: '100',
    spendPerDay: '1000',
  },
  'token',
).template
const bundles = bundleFunctions()

describe('the environment of a function', () => {
  it.each(FUNCTIONS)('of %s has what its handler asks for, its settings, and nothing else', (name) => {
    const wanted = wantedBy(name)
    const settings = FUNCTION_SETTINGS[name].map(settingVariable)
    const given = Object.keys(environmentOf(everything, name))
    expect(given.sort()).toEqual([...new Set([...wanted, ...settings, ...COMMON])].sort())
  })

  it.each(FUNCTIONS)('of %s is all that it needs to start', async (name) => {
    for (const template of [everything, templateOf('dev', { pingback: 'true' })])
      expect(await start(bundles[name], environmentOf(template, name))).toBe('function')
  })

  it.each(FUNCTIONS)('of %s lets it start with a backup, whichever profile is first', async (name) => {
    for (const provider of PROVIDERS) {
      const template = templateOf('dev', { provider, backupProviderUrl: 'https://two.example.test', pingback: 'true' })
      expect(environmentOf(template, name)).toMatchObject({
        PROVIDER: provider,
        BACKUP_PROVIDER_URL: expect.any(String),
      })
      expect(await start(bundles[name], environmentOf(template, name))).toBe('function')
    }
  })

  it('leaves a setting out that is unset, and none that is 0', () => {
    const environment = environmentOf(templateOf('dev'), 'submit')
    for (const name of ['FIRST_POLL_SECONDS', 'POLL_SECONDS', 'SPEND_PER_HOUR', 'SPEND_PER_DAY'])
      expect(environment).not.toHaveProperty(name)
    expect(environmentOf(templateOf('dev'), 'sweep')).not.toHaveProperty('MIN_BALANCE')
    expect(environmentOf(everything, 'sweep')).toMatchObject({ MIN_BALANCE: '0' })
    expect(environmentOf(everything, 'submit')).toMatchObject({ REBUY_UNKNOWN: '0' })
    expect(environmentOf(everything, 'submit')).toMatchObject({ FIRST_POLL_SECONDS: '7', SPEND_PER_DAY: '1000' })
  })

  it('tells the time limit that Lambda was told', () => {
    for (const name of FUNCTIONS)
      expect(environmentOf(everything, name).TIMEOUT_SECONDS).toBe(`${functionOf(everything, name).properties.Timeout}`)
  })
})

describe('a function may', () => {
  const role = (name: FunctionName): string =>
    String(at(functionOf(everything, name).properties, 'Role', 'Fn::GetAtt', 0))
  const statementsOf = (name: FunctionName): unknown[] =>
    resourcesOf(everything, 'AWS::IAM::Policy')
      .filter(({ properties }) => at(properties, 'Roles', 0, 'Ref') === role(name))
      .flatMap(({ properties }) => listAt(properties, 'PolicyDocument', 'Statement'))
  const actionsOf = (statement: unknown): string[] => [at(statement, 'Action')].flat().map(String)
  const mayDo = (name: FunctionName) => new Set(statementsOf(name).flatMap(actionsOf))

  it.each(FUNCTIONS)('%s: make every call that is in its bundle', (name) => {
    const calls = callsIn(name).filter((call) => !NOT_MADE[name].includes(call))
    expect(calls.length).toBeGreaterThan(0)
    for (const call of calls) expect(mayDo(name)).toContain(call)
  })

  it.each(FUNCTIONS)('%s: make no other, but write its log and be fed by its queue', (name) => {
    const fed = name === 'submit' || name === 'collect' ? FED : []
    const allowed = [...callsIn(name), ...LOGS, ...fed]
    expect([...mayDo(name)].filter((action) => !allowed.includes(action))).toEqual([])
  })

  it('sweep: open and shut the intake of submit, and touch no other event source', () => {
    const submit = functionOf(everything, 'submit').id
    const sources = resourcesOf(everything, 'AWS::Lambda::EventSourceMapping')
    const intake = sources.find(({ properties }) => at(properties, 'FunctionName', 'Ref') === submit)?.id ?? ''
    const ofLambda = statementsOf('sweep').filter((one) => actionsOf(one).some((each) => each.startsWith('lambda:')))
    expect(ofLambda.map(actionsOf)).toEqual([['lambda:GetEventSourceMapping', 'lambda:UpdateEventSourceMapping']])
    const resource = JSON.stringify(at(ofLambda[0], 'Resource'))
    expect(resource).toContain(':event-source-mapping:')
    expect(resource).toContain(JSON.stringify({ Ref: intake }))
    expect(resource).not.toContain('*')
    expect(environmentOf(everything, 'sweep').INTAKE_MAPPING_ID).toEqual({ Ref: intake })
    for (const name of FUNCTIONS.filter((each) => each !== 'sweep'))
      expect([...mayDo(name)].filter((action) => action.startsWith('lambda:'))).toEqual([])
  })

  it('nothing on every resource, but publish in our namespace', () => {
    for (const name of FUNCTIONS)
      for (const statement of statementsOf(name))
        if ([at(statement, 'Resource')].flat().includes('*'))
          expect(statement).toMatchObject({
            Action: 'cloudwatch:PutMetricData',
            Condition: { StringEquals: { 'cloudwatch:namespace': 'Lifesign' } },
          })
  })

  it('health: read items of the table and the secret, count waiting tasks, keep deep runs, and nothing else', () => {
    const calls = [
      'dynamodb:GetItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
      'secretsmanager:GetSecretValue',
      'sqs:GetQueueAttributes',
    ]
    expect([...mayDo('health')].sort()).toEqual([...calls, ...LOGS].sort())
    const reading = statementsOf('health').filter((each) => actionsOf(each).some((a) => a.startsWith('secrets')))
    const [secret] = resourcesOf(everything, 'AWS::SecretsManager::Secret')
    expect(reading).toEqual([
      { Action: 'secretsmanager:GetSecretValue', Effect: 'Allow', Resource: { Ref: secret?.id } },
    ])
  })

  it('health: write no attribute that any item but the deep run has', () => {
    const [writing, ...more] = statementsOf('health').filter((each) => actionsOf(each).includes('dynamodb:UpdateItem'))
    expect(more).toEqual([])
    const writable = at(writing, 'Condition', 'ForAllValues:StringEquals', 'dynamodb:Attributes')
    expect(writable).toEqual(['pk', 'sk', 'deepRunId', 'deepLeaseUntil', 'deepRun'])
  })

  const TASKS = { 'task#*': ['GetItem', 'UpdateItem'], 'outcome#*': ['PutItem', 'Query'] }
  it.each([
    ['submit', { ...TASKS, 'task#*': ['GetItem', 'PutItem', 'UpdateItem'], fleet: ['GetItem', 'UpdateItem'] }],
    ['collect', { ...TASKS, fleet: ['GetItem', 'UpdateItem'] }],
    ['pingback', { ...TASKS, fleet: ['GetItem', 'UpdateItem'] }],
    ['sweep', { 'outcome#*': ['Query'], fleet: ['GetItem', 'PutItem', 'UpdateItem'] }],
    ['health', { fleet: ['GetItem', 'Query', 'UpdateItem'] }],
  ] as const)('%s: touch only items of the table whose partition keys it needs', (name, expected) => {
    const ofTable = statementsOf(name).filter((one) => actionsOf(one).some((each) => each.startsWith('dynamodb:')))
    const found = ofTable.map((statement) => {
      const keys = at(statement, 'Condition', 'ForAllValues:StringLike', 'dynamodb:LeadingKeys')
      return { keys: [keys].flat().join(), actions: actionsOf(statement).map((each) => each.replace('dynamodb:', '')) }
    })
    const byKeys = Object.entries(Object.groupBy(found, ({ keys }) => keys))
    const granted = byKeys.map(([keys, grants = []]) => [keys, grants.flatMap(({ actions }) => actions)])
    expect(Object.fromEntries(granted)).toEqual(expected)
  })

  it('never what its own role does not say: no managed policies', () => {
    for (const { properties } of resourcesOf(everything, 'AWS::IAM::Role'))
      expect(properties).not.toHaveProperty('ManagedPolicyArns')
  })
})

describe('a bundle', () => {
  it.each(FUNCTIONS)('of %s is 400 kB at most', (name) => {
    expect(statSync(join(bundles[name], 'index.js')).size).toBeLessThanOrEqual(400_000)
  })

  it('has no path of the machine that made it', () => {
    for (const name of FUNCTIONS) expect(readFileSync(join(bundles[name], 'index.js'), 'utf8')).not.toContain(ROOT)
  })
})

const COMMON = [ENV.fleet, ENV.version, ENV.timeoutSeconds]
const LOGS = ['logs:CreateLogStream', 'logs:PutLogEvents']
const FED = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes']
/** In the bundle because a neighbour in the same file is; never called there. */
const NOT_MADE: Record<FunctionName, string[]> = {
  submit: [],
  collect: [],
  pingback: [],
  sweep: [],
  health: ['dynamodb:PutItem', 'dynamodb:UpdateItem'],
}

/** The variables that `parseEnv` is asked for in the handler, beside the settings. */
function wantedBy(name: FunctionName): string[] {
  const source = readFileSync(join(ROOT, 'functions', name, 'handler.ts'), 'utf8')
  const lists = [...source.matchAll(/(?:required|numbers|optional): \[([^\]]*)\]/g)].map(([, names]) => names ?? '')
  expect(lists).toHaveLength(source.includes('numbers:') ? 3 : 2)
  const names = lists.flatMap((list) => [...list.matchAll(/'(\w+)'/g)].map(([, found]) => found ?? ''))
  return names.map((found) => new Map<string, string>(Object.entries(ENV)).get(found) ?? `unknown ${found}`)
}

/**
 * Loads a bundle with that environment alone and says what its `handler` is, or rejects with what went wrong. In a thread,
 * which has modules and an environment of its own and starts three times as fast as a process.
 */
async function start(folder: string, variables: Record<string, unknown>): Promise<unknown> {
  const env = Object.entries(variables).map(([name, value]) => [name, typeof value === 'string' ? value : 'resolved'])
  const script = "require('node:worker_threads').parentPort.postMessage(typeof require(process.argv[2]).handler)"
  const worker = new Worker(script, {
    eval: true,
    argv: [join(folder, 'index.js')],
    env: { ...Object.fromEntries(env), AWS_REGION: 'us-east-1', AWS_LAMBDA_LOG_STREAM_NAME: 'stream' },
    execArgv: [],
  })
  return await new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`it ended with ${code} and said nothing`)))
  }).finally(() => worker.terminate())
}

/** The files of this project that have a part in the bundle of each function; one run of esbuild for all of them. */
const ownFiles = (() => {
  const { metafile } = buildSync({
    ...BUNDLE_OPTIONS,
    entryPoints: FUNCTIONS.map((name) => ({ in: join(ROOT, 'functions', name, 'handler.ts'), out: name })),
    outdir: 'bundles',
    metafile: true,
    absWorkingDir: ROOT,
  })
  const own = ({ inputs }: Metafile['outputs'][string]) =>
    Object.entries(inputs).filter(([path, { bytesInOutput }]) => path.startsWith('functions/') && bytesInOutput > 0)
  const files = Object.entries(metafile.outputs).map(([path, output]) => [basename(path, '.js'), own(output)] as const)
  return new Map<string, string[]>(files.map(([name, inputs]) => [name, inputs.map(([path]) => path)]))
})()

/** The IAM actions of the SDK commands and of the calls without a client that the adapters in a bundle make. */
function callsIn(name: FunctionName): string[] {
  const text = (ownFiles.get(name) ?? []).map((path) => readFileSync(join(ROOT, path), 'utf8')).join('\n')
  const commands = [...text.matchAll(/new (\w+)Command\(/g)].map(([, command]) => command ?? '')
  const signed = [...text.matchAll(/^ {2}(\w+): '(?:GET|PUT)',$/gm)].map(([, operation = '']) => `lambda:${operation}`)
  return [...new Set([...commands.map((command) => ACTIONS[command] ?? `no action known for ${command}`), ...signed])]
}

const ACTIONS: Record<string, string> = {
  GetItem: 'dynamodb:GetItem',
  PutItem: 'dynamodb:PutItem',
  UpdateItem: 'dynamodb:UpdateItem',
  Query: 'dynamodb:Query',
  SendMessageBatch: 'sqs:SendMessage',
  ChangeMessageVisibilityBatch: 'sqs:ChangeMessageVisibility',
  GetQueueAttributes: 'sqs:GetQueueAttributes',
  GetSecretValue: 'secretsmanager:GetSecretValue',
  PutMetricData: 'cloudwatch:PutMetricData',
}
