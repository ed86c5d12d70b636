import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'

/** The value of the one secret, read again each time it is asked for. Rejects where it cannot be read. */
export type ReadSecret = () => Promise<string>

export const secretOfKeys =
  (keys: Readonly<Record<string, string>>): ReadSecret =>
  async () =>
    JSON.stringify(keys)

/** The file's text as it is: whether it makes sense is for the reader of the secret to find out. */
export const secretOfFile =
  (path: string): ReadSecret =>
  () =>
    readFile(path, 'utf8')

/** Changes with the value, as a version id does. */
export const versionOf = (value: string): string => uuidOf(`version:${value}`)

/** The same text gives the same UUID for ever. */
export function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}
