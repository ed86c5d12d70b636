import { createHash } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Path → hash, of each file that a folder of bundles was made of and of each that was made. */
type Hashes = Record<string, string>
const NAME = 'made-of.json'

/**
 * Whether the folder holds what a new run would write there: not one byte has changed since, of what went in or came
 * out. By content and not by time, because a checkout or a copy has other times.
 */
export function isCurrent(folder: string): boolean {
  const recorded = readRecord(folder)
  return recorded.length > 0 && recorded.every(([path, hash]) => hash !== ABSENT && hashOf(path) === hash)
}

/** To be called last: a run that was ended in between leaves no record, or one that its files do not fit. */
export function recordBundles(folder: string, paths: Iterable<string>): void {
  const hashes: Hashes = Object.fromEntries(Array.from(paths, (path) => [path, hashOf(path)]))
  const temporary = join(folder, `${NAME}.${process.pid}`)
  writeFileSync(temporary, JSON.stringify(hashes))
  renameSync(temporary, join(folder, NAME))
}

/** Empty where there is none that can be read. */
function readRecord(folder: string): [path: string, hash: unknown][] {
  try {
    const found: unknown = JSON.parse(readFileSync(join(folder, NAME), 'utf8'))
    return typeof found === 'object' && found !== null ? Object.entries(found) : []
  } catch {
    return []
  }
}

const ABSENT = 'absent'
function hashOf(path: string): string {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex')
  } catch {
    return ABSENT
  }
}
