import { join } from 'node:path'

/**
 * For the environment of a process that runs this project's programs: Node keeps what it compiled (and the TypeScript
 * whose types it stripped) in this folder, by the text's content, so that the next process does not do it again.
 */
export const COMPILE_CACHE = { NODE_COMPILE_CACHE: join(import.meta.dirname, '../.tmp/compile-cache') }
