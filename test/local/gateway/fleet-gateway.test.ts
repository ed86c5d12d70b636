import { describe, expect, it } from 'vitest'
import { startFleetGateway } from '../../../local/gateway/fleet-gateway.ts'
import type { Interceptor } from '../../../local/gateway/interceptor.ts'
import { knownNames } from '../../../local/template/known-names.ts'
import type { Plan } from '../../../local/template/plan.ts'
import { mapping } from '../../build/mapping.ts'
import { fakeFunction, later } from '../bundles.ts'
import { allow } from './gateway-before.ts'
import { templateOf } from './template-of.ts'

const QUEUE = mapping.queueArn
const LOGS = 'arn:aws:logs:us-east-1:000000000000:log-group:group-submit:log-stream:*'
const TABLE = 'arn:aws:dynamodb:us-east-1:000000000000:table/things'
const ROLE = 'arn:aws:iam::000000000000:role/Test-Role'
/** What Lambda itself needs of the role of submit. */
const FED = [
  ['logs:CreateLogStream', LOGS],
  ['logs:PutLogEvents', LOGS],
  ['sqs:ReceiveMessage', QUEUE],
  ['sqs:DeleteMessage', QUEUE],
  ['sqs:GetQueueAttributes', QUEUE],
] as const
const KEYS = { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['fleet'] } }

async function started(rights: readonly (readonly [string, string])[], interceptors: Interceptor[] = []) {
  const statements = rights.map(([action, on]) => allow(action, on))
  const template = templateOf([...statements, allow('dynamodb:GetItem', TABLE, KEYS)])
  const nowhere = 'http://127.0.0.1:9'
  const [submit, health] = (['submit', 'health'] as const).map((name) =>
    fakeFunction('', { name, functionName: `lifesign-${name}`, roleArn: ROLE, logGroup: 'group-submit' }),
  )
  if (submit === undefined || health === undefined) throw new Error('two functions')
  const keys = [
    { attribute: 'sk', type: 'RANGE' },
    { attribute: 'pk', type: 'HASH' },
  ]
  const plan: Plan = {
    ...{ queues: [], schedules: [], urls: [], outputs: {}, functions: [health, submit] },
    tables: [{ name: 'things', attributeTypes: {}, keys }],
    mappings: [{ ...mapping, target: 'submit', queueUrl: `${nowhere}/000000000000/lifesign-tasks` }],
  }
  const lines: string[] = []
  const gateway = await startFleetGateway({
    ...{ template, plan, interceptors },
    known: knownNames(template, { sqsUrl: nowhere, baseUrl: nowhere, stackName: 'Test' }),
    engines: { sqs: nowhere, dynamodb: nowhere, secretsmanager: nowhere, cloudwatch: nowhere, lambda: nowhere },
    sink: { line: () => {}, say: (source, text) => lines.push(`${source}: ${text}`), close: async () => {} },
  })
  later(() => gateway.stop())
  return { gateway, lines }
}

describe('the gateway of a fleet', () => {
  it.each(FED)('does not start where the role lacks %s, which Lambda itself needs', async (lacking) => {
    const starting = started(FED.filter(([action]) => action !== lacking))
    const spelled = lacking.startsWith('sqs:') ? lacking.toLowerCase() : lacking
    await expect(starting).rejects.toThrow(
      new RegExp(
        `^(health|submit): Lambda itself could not serve it: User: .* is not authorized to perform: ${spelled} on`,
      ),
    )
  })

  it('counts what Lambda needs as used by the function that has the event source, and nothing else', async () => {
    const { gateway } = await started(FED)
    const report = gateway.report()
    const actions = (rights: { action: string }[]) => rights.map(({ action }) => action)
    expect(report.map((one) => [one.function, actions(one.used)])).toEqual([
      ['submit', FED.map(([action]) => action)],
      ['health', FED.slice(0, 2).map(([action]) => action)],
    ])
    expect(report.map(({ unused }) => actions(unused).at(-1))).toEqual(Array(2).fill('dynamodb:GetItem'))
  })

  it('knows each function by credentials of its own and the table by its partition key, and tells whose role lacks what', async () => {
    const seen: string[] = []
    const answer = { status: 200, headers: {}, body: Buffer.from('{}') }
    const { gateway, lines } = await started(FED, [
      ({ caller }) => {
        seen.push(caller.functionName)
        return { kind: 'answer', answer }
      },
    ])
    const { submit, health } = gateway.credentials
    expect(Object.keys(gateway.credentials).toSorted()).toEqual(['health', 'submit'])
    expect(submit?.accessKeyId).not.toBe(health?.accessKeyId)
    const get = (accessKeyId = '', pk = '') => {
      const scope = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20261101/us-east-1/dynamodb/aws4_request`
      return fetch(gateway.url, {
        method: 'POST',
        headers: { authorization: scope, 'x-amz-target': 'DynamoDB_20120810.GetItem' },
        body: JSON.stringify({ TableName: 'things', Key: { sk: { S: 'other' }, pk: { S: pk } } }),
      })
    }
    expect((await get(health?.accessKeyId, 'fleet')).status).toBe(200)
    const using = () => gateway.report().flatMap((one) => (one.unused.length === 0 ? [one.function] : []))
    expect(using()).toEqual([])
    expect((await get(submit?.accessKeyId, 'fleet')).status).toBe(200)
    expect(using()).toEqual(['submit'])
    expect(seen).toEqual(['lifesign-health', 'lifesign-submit'])
    expect((await get(submit?.accessKeyId, 'other')).status).toBe(400)
    expect(lines).toEqual([
      expect.stringMatching(
        /^submit: its role lacks the right dynamodb:GetItem on arn:aws:dynamodb:\S+:table\/things \(User: \S+\/lifesign-submit is not/,
      ),
    ])
  })
})
