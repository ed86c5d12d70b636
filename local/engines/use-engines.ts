import { resolve } from 'node:path'
import type { LocalSettings } from '../settings/settings.ts'
import { listenTarget } from '../support/listen-targets.ts'
import type { Teardown } from '../support/teardown.ts'
import { type EngineInUse, type EnginePlace, useEngine } from './use-engine.ts'

export interface EnginesInUse {
  sqs: EngineInUse
  dynamodb: EngineInUse
}

/** Both engines of a fleet; see useEngine. */
export async function useEngines(settings: LocalSettings, teardown: Teardown): Promise<EnginesInUse> {
  const { ports, sqsUrl, dynamodbUrl } = settings
  const given = (url: string | undefined) => (url === undefined ? {} : { given: url })
  const use = async (place: EnginePlace) => {
    const inUse = await useEngine(place, resolve(settings.data))
    const { engine } = inUse
    if (engine !== undefined) teardown.add(engine.stop)
    return inUse
  }
  // Waits for both, so that the engine that did start is known if the other one cannot be used.
  const [sqs, dynamodb] = await Promise.allSettled([
    use({ ...listenTarget(ports, 'sqs'), protocol: 'sqs', givenBy: 'LIFESIGN_SQS_URL', ...given(sqsUrl) }),
    use({
      ...listenTarget(ports, 'dynamodb'),
      protocol: 'dynamodb',
      givenBy: 'LIFESIGN_DYNAMODB_URL',
      ...given(dynamodbUrl),
    }),
  ])
  if (sqs.status === 'rejected') throw sqs.reason
  if (dynamodb.status === 'rejected') throw dynamodb.reason
  return { sqs: sqs.value, dynamodb: dynamodb.value }
}
