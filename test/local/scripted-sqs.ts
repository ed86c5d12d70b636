import type { SQSClient } from '@aws-sdk/client-sqs'
import { makeLocalSqsClient } from '../../local/clients.ts'
import { type Fate, startFaultyProxy } from '../engines/faulty-proxy.ts'
import { later } from './bundles.ts'

interface Asked {
  call: string
  input: Record<string, unknown>
}

interface ScriptedSqs {
  client: SQSClient
  /** Every call with its input, in the order in which they came. */
  asked: Asked[]
}

export const said = (value: unknown): Fate => ({
  kind: 'answer',
  status: 200,
  body: JSON.stringify(value),
  applied: false,
})
export const failed = (type: string, message = 'no'): Fate => ({
  kind: 'answer',
  status: 400,
  body: JSON.stringify({ __type: `com.amazonaws.sqs#${type}`, message }),
  applied: false,
})
export const silence: Fate = { kind: 'hang', head: false }

/** A queue service that says to each call what the test says, and a client of it; until the test is over. */
export async function scriptedSqs(answer: (asked: Asked) => Fate = () => said({})): Promise<ScriptedSqs> {
  const proxy = await startFaultyProxy('http://127.0.0.1:9')
  const asked: Asked[] = []
  proxy.fate = ({ call, body }) => {
    const one = { call, input: JSON.parse(body.toString()) }
    asked.push(one)
    return answer(one)
  }
  const client = makeLocalSqsClient(proxy.endpoint)
  later(async () => {
    client.destroy()
    await proxy.stop()
  })
  return { client, asked }
}
