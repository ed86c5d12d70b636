// `node bin/run.mjs PROGRAM.ts ARGUMENT..`: a program of this project, on Node 24 whatever Node started this.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { onNode24 } from './on-node-24.mjs'

// The program sees its own name and arguments, as if Node had started it.
process.argv.splice(1, 2, resolve(process.argv[2] ?? ''))
await onNode24(pathToFileURL(process.argv[1]))
