import { createWriteStream, existsSync, mkdirSync, openSync, renameSync, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import { folderProblem } from './data-folder.ts'

interface RollingFile {
  write(line: string): void
  close(): Promise<void>
}
/** The number of files: the current one and those before it. */
const KEPT = 10
const LARGEST_FILE = 50_000_000

/**
 * `logs/fleet.jsonl` in the data folder; those of the runs before in `fleet.1.jsonl`, the youngest, to `fleet.9.jsonl`.
 */
export function makeRollingFile(data: string, largest = LARGEST_FILE): RollingFile {
  const folder = join(data, 'logs')
  const path = (n: number) => join(folder, n === 0 ? 'fleet.jsonl' : `fleet.${n}.jsonl`)
  const open = (): WriteStream => {
    for (let n = KEPT - 2; n >= 0; n -= 1) if (existsSync(path(n))) renameSync(path(n), path(n + 1))
    const opened = createWriteStream(path(0), { fd: openSync(path(0), 'w') })
    opened.on('error', () => {}) // a full disk costs the log, not the fleet
    return opened
  }
  /** Full files whose last lines may still be on their way. */
  const ending = new Set<Promise<void>>()
  let size = 0
  let stream: WriteStream
  try {
    mkdirSync(folder, { recursive: true })
    stream = open()
  } catch (error) {
    throw folderProblem(data, error)
  }
  return {
    write(line) {
      size += line.length + 1
      stream.write(`${line}\n`)
      if (size < largest) return
      size = 0
      const full = stream
      try {
        stream = open()
        const ended = endOf(full).then(() => void ending.delete(ended))
        ending.add(ended)
      } catch {
        // goes on in the file that it has
      }
    },
    close: async () => void (await Promise.all([...ending, endOf(stream)])),
  }
}

const endOf = (stream: WriteStream): Promise<void> => new Promise((resolve) => stream.end(() => resolve()))
