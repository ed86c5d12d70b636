#!/usr/bin/env node
import { onNode24 } from './on-node-24.mjs'

const { runHere } = await onNode24(new URL('./lifesign.ts', import.meta.url))
await runHere()
