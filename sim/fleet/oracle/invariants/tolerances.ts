/** Clocks that follow the table's may differ from it by as much (see server-clock.ts), milliseconds. */
export const CLOCK_TOLERANCE_MS = 2500
/** In a calm run everything happens within so long of when it is due, milliseconds. */
export const SOON_MS = 2500
