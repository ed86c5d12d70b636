import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { Unreachable } from '../cli/exit.ts'
import { entriesOf, type KeyStore } from './key-store.ts'

/** Only the owner may read and write the file, because it holds keys. */
const MODE = 0o600

/**
 * The keys file of the local fleet. It is replaced as a whole, so that the fleet never reads half of it. The new file
 * is also the lock that prevents two concurrent changes. A missing file counts as a file without keys.
 */
export function fileKeyStore(given: string): KeyStore {
  const name = `the keys file ${given}`
  const read = async (path: string): Promise<string> =>
    readFile(path, 'utf8').catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return '{}'
      throw new Unreachable(`${name} cannot be read`)
    })
  const lock = (path: string) =>
    open(path, 'wx', MODE).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw new Unreachable(`${name} cannot be written`)
      throw new Unreachable(`${name} is being changed by somebody else (if by nobody, delete ${path})`)
    })
  return {
    name,
    async update(change) {
      // A link is kept: the file that it points to is replaced.
      const path = await realpath(given).catch(() => given)
      const fresh = `${path}.lock`
      const file = await lock(fresh)
      try {
        const entries = change(entriesOf(await read(path), name))
        await file.writeFile(`${JSON.stringify(entries, null, 2)}\n`)
        const before = await stat(path).catch(() => undefined)
        if (before !== undefined) await file.chmod(before.mode & 0o777)
        await rename(fresh, path)
        return 'written'
      } finally {
        await file.close()
        await rm(fresh, { force: true })
      }
    },
    async *versions() {
      const entries = entriesOf(await read(given), name)
      const written = await stat(given).catch(() => undefined)
      if (written !== undefined) yield { entries, writtenAt: written.mtimeMs }
    },
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
