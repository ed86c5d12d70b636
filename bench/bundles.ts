/**
 * `npm run bench`: size and load time of every function bundle, compared in the same run with the unbundled SDK clients
 * that it replaces. Each figure is the median over fresh processes that take turns, so that noise of the machine
 * affects all of them.
 */
import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { FUNCTIONS } from '../functions/contract/functions.ts'
import { parseOptions } from '../lib/settings.ts'
import { type FleetTemplate, synthesizeFleet } from '../lib/synthesize-fleet.ts'

const RUNS = 11
const CLIENTS = ['sqs', 'dynamodb', 'secrets-manager', 'cloudwatch'].map((name) => `@aws-sdk/client-${name}`)

const parsed = parseOptions({ stage: 'local', pingback: 'true', providerUrl: 'http://127.0.0.1:9' }, ['local'])
if ('problems' in parsed) throw new Error(parsed.problems.join('; '))
const { template, assets, logicalIds } = synthesizeFleet(parsed.options)

interface Candidate {
  name: string
  bytes: number | null
  code: string
  env: Record<string, string>
  milliseconds: number[]
}
const loading = (what: string[]): string =>
  `const t = performance.now(); ${what.map((each) => `require(${JSON.stringify(each)})`).join('; ')}; process.stdout.write(String(performance.now() - t))`

const candidates: Candidate[] = FUNCTIONS.map((name) => {
  const file = join(assets[name] ?? '', 'index.js')
  const env = environmentOf(template, logicalIds[name] ?? '')
  return { name, bytes: statSync(file).size, code: loading([file]), env, milliseconds: [] }
})
candidates.push({ name: 'unbundled SDK', bytes: null, code: loading(CLIENTS), env: {}, milliseconds: [] })

for (let run = 0; run < RUNS; run += 1) {
  for (const { code, env, milliseconds } of candidates) {
    milliseconds.push(Number(execFileSync(process.execPath, ['-e', code], { env: { ...credentials(), ...env } })))
  }
}

console.log(`medians of ${RUNS} fresh processes, Node ${process.version}; goal: 400 kB and 40 ms\n`)
console.log('function        kB    load ms   of the SDK')
const sdk = median(candidates.at(-1)?.milliseconds ?? [])
for (const { name, bytes, milliseconds } of candidates) {
  const kilobytes = bytes === null ? '' : (bytes / 1000).toFixed(0)
  const ms = median(milliseconds)
  console.log(
    `${name.padEnd(13)} ${kilobytes.padStart(4)} ${ms.toFixed(1).padStart(10)} ${(ms / sdk).toFixed(2).padStart(12)}`,
  )
}
console.log(`\nunbundled: ${CLIENTS.join(', ')} by require`)

function environmentOf({ Resources }: FleetTemplate, id: string): Record<string, string> {
  const environment = Resources[id]?.Properties?.Environment
  const variables =
    typeof environment === 'object' && environment !== null && 'Variables' in environment ? environment.Variables : {}
  // Variables whose values only a deployment knows get any text: loading reads them and makes no call.
  return Object.fromEntries(
    Object.entries(variables ?? {}).map(([name, value]) => [name, typeof value === 'string' ? value : 'x']),
  )
}

function credentials(): Record<string, string> {
  return { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', AWS_REGION: 'us-east-1' }
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
