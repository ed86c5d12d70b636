import type { Log } from '../core/ports.ts'

const ORDER = { debug: 0, info: 1, warn: 2, error: 3 } as const

/** Writes JSON lines to standard output. Every line holds the fields of `base` (function, worker, ..). */
export const makeLog =
  (
    base: Record<string, string>,
    lowest: keyof typeof ORDER = 'info',
    write = (line: string) => console.log(line),
  ): Log =>
  (level, message, fields = {}) => {
    if (ORDER[level] < ORDER[lowest]) return
    write(JSON.stringify({ time: new Date().toISOString(), level, message, ...base, ...fields }))
  }
