import { readFileSync } from 'node:fs'

/** Milliseconds: a tick of Linux's accounting. */
const TICK_MS = 10

/** CPU time of a process and its threads so far, in milliseconds; not a number where there is no /proc. */
export function cpuOf(pid: number | undefined): number {
  try {
    const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
    const [user, system] = fields.split(' ').slice(11, 13).map(Number)
    return TICK_MS * ((user ?? Number.NaN) + (system ?? Number.NaN))
  } catch {
    return Number.NaN
  }
}
