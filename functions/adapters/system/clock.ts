import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../../core/ports.ts'

/** This machine's own clock. Wrap it in `makeServerClock` wherever the table is used. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (milliseconds) => {
    await pause(milliseconds)
  },
}
