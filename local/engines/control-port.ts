import { type Place, portTaken, urlOf } from '../ports.ts'
import { listens } from './probe.ts'

/**
 * Where this process's own control endpoint goes. The engines that were there before have one too, and another fleet may
 * sit on the default port: then any free port will do, as only the functions ask there. A port that a person chose and
 * that a stranger holds is a problem.
 */
export async function controlPlace(place: Place, chosen: boolean): Promise<Place> {
  const free = { ...place, port: 0 }
  if (place.port === 0 || !(await listens(place.port))) return place
  if (chosen && !(await isControl(urlOf(place.port)))) throw portTaken(place)
  return free
}

/** Whether a control endpoint of Lifesign answers there. */
export async function isControl(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1000) })
    const body: unknown = await response.json()
    return typeof body === 'object' && body !== null && 'lifesign' in body
  } catch {
    return false
  }
}
