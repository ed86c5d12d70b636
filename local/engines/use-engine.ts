import { type ListenTarget, portTaken, urlOf } from '../support/listen.ts'
import { UserError } from '../support/user-error.ts'
import { startDynamodb } from './dynamodb.ts'
import type { Engine } from './engine.ts'
import { type Protocol, probe, speaks } from './probe.ts'
import { startSqs } from './sqs.ts'

/** An engine as the fleet uses it: where it is, and how it came there. */
export interface EngineInUse {
  url: string
  /** `own`: this process runs it. `found`: it was there. `given`: a variable names it. */
  how: 'own' | 'found' | 'given'
  /** Only of an own one, or one that this process had to start behind the given address. */
  engine?: Engine
}
export interface EnginePlace extends ListenTarget {
  protocol: Protocol
  /** An address that takes the embedded engine's place. */
  given?: string
  givenBy: string
}

/**
 * The engine to use: the given address, or else one that already listens at the port, or else our own. A given address
 * at which nothing answers yet may be a proxy in front of the port: then our own is started there.
 */
export async function useEngine(place: EnginePlace, data: string): Promise<EngineInUse> {
  const { given, port, protocol } = place
  if (given !== undefined && (await speaks(given, protocol))) return { url: given, how: 'given' }
  const found = await probe(port, protocol)
  if (given !== undefined) {
    const engine = found === 'nothing' ? await start(place, data) : undefined
    if (await answers(given, protocol)) return { url: given, how: 'given', ...(engine ? { engine } : {}) }
    await engine?.stop()
    throw new UserError(`${place.givenBy}: nothing that speaks ${place.what} answers at ${given}`)
  }
  if (found === 'other') throw portTaken(place)
  if (found === 'engine') return { url: urlOf(port), how: 'found' }
  const engine = await start(place, data)
  return { url: engine.url, how: 'own', engine }
}

const start = (place: EnginePlace, data: string): Promise<Engine> =>
  place.protocol === 'sqs' ? startSqs(place) : startDynamodb(place, data)

/** Something faulty may refuse the first calls. */
async function answers(url: string, protocol: Protocol): Promise<boolean> {
  for (let attempt = 0; attempt < 3; attempt++) {
    if (await speaks(url, protocol)) return true
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  return false
}
