import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import { isRecord } from '../../../functions/contract/is-record.ts'
import { makeLocalSqsClient } from '../../../local/clients.ts'
import { type LocalFleet, startLocalFleet } from '../../../local/fleet.ts'
import { readLocalSettings } from '../../../local/settings/settings.ts'
import type { LogSink } from '../../../local/support/log-sink.ts'
import { makeTeardown } from '../../../local/support/teardown.ts'
import type { Template } from '../../../local/template/template.ts'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../sim/provider/simulator.ts'
import { folder, later } from '../bundles.ts'

export interface FleetHere extends LocalFleet {
  simulator: Simulator
  /** Every line that the functions and the runtime wrote. */
  lines: string[]
  send(queue: 'tasks' | 'polls', body: unknown): Promise<void>
  task(taskId: string): Promise<Record<string, unknown> | undefined>
  stop(): Promise<void>
}

const QUICK = { firstPollSeconds: 1, pollSeconds: 1, sweepSeconds: 1, settlingSeconds: 1, providerTimeoutSeconds: 2 }

/** A whole fleet in this process, on ports of its own, with a template that the test may change. */
export async function startFleetHere(options: {
  settings?: Record<string, string | number | boolean>
  simulator?: SimulatorOptions
  env?: Record<string, string>
  change?: (template: Template) => Template
}): Promise<FleetHere> {
  const simulator = await startSimulator({ seed: 7, ...options.simulator })
  later(() => simulator.stop())
  const ports = ['PORT', 'SQS_PORT', 'DYNAMODB_PORT', 'SIMULATOR_PORT', 'CONTROL_PORT']
  const env = {
    ...Object.fromEntries(ports.map((name) => [`LIFESIGN_${name}`, '0'])),
    LIFESIGN_DATA: folder(),
    LIFESIGN_PROVIDER_URL: simulator.url,
    CAPTCHAAI_API_KEY: simulator.key,
    ...options.env,
  }
  const args = Object.entries({ ...QUICK, ...options.settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const lines: string[] = []
  const sink: LogSink = {
    line: (source, text) => lines.push(`${source} ${text}`),
    say: (source, text) => lines.push(`${source} ${text}`),
    close: async () => {},
  }
  const teardown = makeTeardown()
  later(() => teardown.run())
  const fleet = await startLocalFleet(readLocalSettings(args, env), sink, teardown, options.change)
  const sqs = makeLocalSqsClient(fleet.sqs.url)
  const dynamodb = new DynamoDBClient({ endpoint: fleet.dynamodb.url })
  later(() => sqs.destroy())
  later(() => dynamodb.destroy())
  return {
    ...fleet,
    simulator,
    lines,
    async send(queue, body) {
      const QueueUrl = `${fleet.sqs.url}/000000000000/lifesign-${queue}`
      const MessageBody = typeof body === 'string' ? body : JSON.stringify(body)
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))
    },
    async task(taskId) {
      const Key = { pk: { S: `task#${taskId}` }, sk: { S: 'task' } }
      const { Item } = await dynamodb.send(new GetItemCommand({ TableName: 'lifesign', Key, ConsistentRead: true }))
      return Item === undefined ? undefined : unmarshall(Item)
    },
    stop: () => teardown.run(),
  }
}

export const taskOf = (taskId: string, more: Record<string, unknown> = {}) => ({
  taskId,
  sitekey: '6Lc-rights',
  pageurl: `https://forms.example.test/${taskId}`,
  ...more,
})

/** The template without one action, in every policy of the roles whose logical id holds `role`. */
export const without =
  (action: string, role: string) =>
  (template: Template): Template => ({
    ...template,
    ofType: (type) =>
      type !== 'AWS::IAM::Policy'
        ? template.ofType(type)
        : template.ofType(type).map((policy) =>
            JSON.stringify(policy.properties.Roles).includes(role)
              ? {
                  ...policy,
                  properties: {
                    ...policy.properties,
                    PolicyDocument: lessen(policy.properties.PolicyDocument, action),
                  },
                }
              : policy,
          ),
  })

function lessen(document: unknown, action: string): unknown {
  if (!isRecord(document) || !Array.isArray(document.Statement)) throw new Error('no policy document')
  const Statement = document.Statement.filter(isRecord).flatMap((statement) => {
    const left = [statement.Action].flat().filter((one) => one !== action)
    return left.length === 0 ? [] : [{ ...statement, Action: left }]
  })
  return { ...document, Statement }
}
