import type { Log } from '../../functions/core/ports.ts'

export interface LogLine {
  level: string
  message: string
  fields: Record<string, string | number | boolean | null | undefined>
}

/** A log that keeps its lines. */
export function memoryLog(): { log: Log; lines: LogLine[] } {
  const lines: LogLine[] = []
  return { lines, log: (level, message, fields = {}) => lines.push({ level, message, fields }) }
}
