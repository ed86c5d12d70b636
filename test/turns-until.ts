import { setImmediate as turn } from 'node:timers/promises'

/** Lets what goes over the wire go on, while the timers stand still, until it has come so far. (`expect.poll` moves them.) */
export async function turnsUntil(isSoFar: () => boolean): Promise<void> {
  while (!isSoFar()) await turn()
}
