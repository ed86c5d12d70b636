import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'

/** Reads the value of the secret anew at each call. Rejects if it cannot be read. */
export type ReadSecret = () => Promise<string>

export const secretOfKeys =
  (keys: Readonly<Record<string, string>>): ReadSecret =>
  async () =>
    JSON.stringify(keys)

/** The text of the file, unchanged: the reader of the secret checks it. */
export const secretOfFile =
  (path: string): ReadSecret =>
  () =>
    readFile(path, 'utf8')

/** A version id that changes with the value. */
export const versionOf = (value: string): string => uuidOf(`version:${value}`)

/** The UUID of a text; the same text always has the same UUID. */
export function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}
