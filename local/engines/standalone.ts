import { resolve } from 'node:path'
import type { EngineSettings } from '../settings/settings.ts'
import { listenTarget } from '../support/listen-targets.ts'
import type { Teardown } from '../support/teardown.ts'
import { startControl } from './control.ts'
import { startDynamodb } from './dynamodb.ts'
import { Mappings } from './mappings.ts'
import { makeMetricStore } from './metric-store.ts'
import { startSqs } from './sqs.ts'

interface Engines {
  sqsUrl: string
  dynamodbUrl: string
  controlUrl: string
}

/**
 * Starts SQS, DynamoDB and a control endpoint without a fleet. A fleet that uses these engines has its own control
 * endpoint, because only the fleet knows its keys and event sources. This endpoint has no secret; other programs
 * recognise the engines by it.
 */
export async function startEngines(settings: EngineSettings, teardown: Teardown): Promise<Engines> {
  const { ports, data } = settings
  const sqs = await startSqs(listenTarget(ports, 'sqs'))
  teardown.add(sqs.stop)
  const dynamodb = await startDynamodb(listenTarget(ports, 'dynamodb'), resolve(data))
  teardown.add(dynamodb.stop)
  const plane = {
    mappings: new Mappings('', []),
    metrics: makeMetricStore(),
  }
  const control = await startControl(listenTarget(ports, 'control'), plane, {
    '/': () => ({ lifesign: 'engines', sqs: sqs.url, dynamodb: dynamodb.url }),
    '/requests': () => ({ sqs: sqs.requests(), dynamodb: dynamodb.requests() }),
  })
  teardown.add(control.stop)
  return { sqsUrl: sqs.url, dynamodbUrl: dynamodb.url, controlUrl: control.url }
}
