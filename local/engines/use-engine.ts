import { type ListenTarget, portTaken, urlOf } from '../support/listen.ts'
import { UserError } from '../support/user-error.ts'
import { startDynamodb } from './dynamodb.ts'
import type { Engine } from './engine.ts'
import { type Protocol, probe, speaks } from './probe.ts'
import { startSqs } from './sqs.ts'

/** An engine as the fleet uses it: its address, and how it was found. */
export interface EngineInUse {
  url: string
  /**
   * `own`: this process runs the engine. `found`: the engine was already running. `given`: a variable names its
   * address.
   */
  how: 'own' | 'found' | 'given'
  /** Present if this process runs the engine, also behind a given address. */
  engine?: Engine
}
export interface EnginePlace extends ListenTarget {
  protocol: Protocol
  /** An address that replaces the embedded engine. */
  given?: string
  givenBy: string
}

/**
 * Chooses the engine: the one at the given address, else one that already listens on the port, else our own. If nothing
 * answers yet at the given address, the address may be a proxy in front of the port; then our own engine is started on
 * the port.
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

/** Whether the engine answers. Tried several times, because a proxy that injects faults may refuse the first calls. */
async function answers(url: string, protocol: Protocol): Promise<boolean> {
  for (let attempt = 0; attempt < 3; attempt++) {
    if (await speaks(url, protocol)) return true
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  return false
}
