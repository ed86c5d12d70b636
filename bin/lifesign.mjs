#!/usr/bin/env node
// Runs on any Node from 20 on: hands over to the project's own Node 24, which runs TypeScript as it is.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const entry = new URL('./lifesign.ts', import.meta.url)

if (Number(process.versions.node.split('.')[0]) >= 24) {
  const { runHere } = await import(entry.href)
  await runHere()
} else {
  const node = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url))
  if (!existsSync(node)) {
    console.error('lifesign: its packages are not installed; run `npm ci` first')
    process.exit(4)
  }
  const child = spawn(node, [fileURLToPath(entry), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)))
}
