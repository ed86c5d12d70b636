/**
 * `npm test`: the lanes of the test command, each with its own line and one total at the end. They run one after another;
 * those that only compute run beside the fleet lane, which mostly waits, at a low priority and with what they say at the
 * end of each.
 * `node test/lanes.ts NAME..` runs those named. A lane whose tool is missing is left out by name; under CI=true that is
 * a failure.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { delimiter, join } from 'node:path'
import { COMPILE_CACHE } from './compile-cache.ts'
import { dynamodbLocalEngine } from './engines/dynamodb-local.ts'
import type { TestEngine } from './engines/engine.ts'
import { ministackEngine } from './engines/ministack.ts'
import { chromium } from './outside/chromium.ts'
import { promtool } from './outside/promtool.ts'
import { cfnLint } from './template/cfn-lint.ts'

interface Lane {
  what: string
  command: string[]
  /** Vitest counts its tests; of any other program the exit code is one test. */
  counts: 'tests' | 'exit code'
  /** Engines and tools that suites in it need; those that are not there leave out their suites, or the whole lane. */
  engines: Pick<TestEngine, 'name' | 'missing'>[]
  whole?: boolean
  /** The lane beside which it runs, where that one is asked for too. */
  beside?: 'fleet'
  inTestCommand: boolean
}
const LANES: Record<string, Lane> = {
  unit: {
    what: 'unit tests and contract suites on every engine',
    command: ['vitest', 'run'],
    counts: 'tests',
    engines: [dynamodbLocalEngine, ministackEngine],
    inTestCommand: true,
  },
  fleet: {
    what: 'the fleet as processes on real engines: npm start, 1,000 tasks, crowds, kill -9, faulty engines',
    command: ['vitest', 'run', '--config', 'test/fleet/vitest.config.ts'],
    counts: 'tests',
    engines: [],
    inTestCommand: true,
  },
  'virtual-time': {
    what: 'tests of whole fleets in virtual time: trouble, limits of AWS, the truth lab, the simulation itself',
    command: ['vitest', 'run', '--config', 'test/sim/vitest.config.ts'],
    counts: 'tests',
    engines: [],
    beside: 'fleet',
    inTestCommand: true,
  },
  sim: {
    what: 'the fleet under faults, in virtual time',
    command: ['node', 'sim/fleet/cli/main.ts', '--seeds', '500', '--tasks', '200'],
    counts: 'exit code',
    engines: [],
    beside: 'fleet',
    inTestCommand: true,
  },
  'sim:mutants': {
    what: 'that the simulation finds planted defects',
    command: ['node', 'sim/fleet/cli/mutants-main.ts'],
    counts: 'exit code',
    engines: [],
    beside: 'fleet',
    inTestCommand: true,
  },
  deploy: {
    what: 'cdk deploy to a CloudFormation engine',
    command: ['vitest', 'run', '--config', 'test/deploy/vitest.config.ts'],
    counts: 'tests',
    engines: [ministackEngine],
    whole: true,
    inTestCommand: false,
  },
  outside: {
    what: 'the pages of npm start in a real browser; metrics, alert rules and dashboard before promtool',
    command: ['vitest', 'run', '--config', 'test/outside/vitest.config.ts'],
    counts: 'tests',
    engines: [chromium, promtool],
    whole: true,
    inTestCommand: false,
  },
  template: {
    what: "the templates against AWS's own schemas",
    command: ['vitest', 'run', '--config', 'test/template/vitest.config.ts'],
    counts: 'tests',
    engines: [cfnLint],
    whole: true,
    inTestCommand: false,
  },
}

interface Counts {
  passed: number
  failed: number
  skipped: number
}

/** `kept` to its end: of a lane beside another one, which has the screen meanwhile and does not wait for the processor. */
type Output = 'shown' | 'kept'
const LOW_PRIORITY = 10

const ROOT = join(import.meta.dirname, '..')
const REPORTS = join(ROOT, '.tmp/lanes')
const CI = process.env.CI === 'true'

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !Object.hasOwn(LANES, name))
if (unknown.length > 0) {
  console.error(`no lane ${unknown.join(', ')}; there are ${Object.keys(LANES).join(', ')}`)
  process.exit(2)
}
const chosen = Object.entries(LANES).filter(([name, lane]) =>
  asked.length === 0 ? lane.inTestCommand : asked.includes(name),
)

mkdirSync(REPORTS, { recursive: true })
const total: Counts = { passed: 0, failed: 0, skipped: 0 }
const lines: string[] = []
const children = new Set<ChildProcess>()
let stopped: NodeJS.Signals | undefined
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    stopped = signal
    for (const child of children) child.kill(signal)
    exitIfStopped()
  })
}

const runsBeside = ({ beside }: Lane): boolean => chosen.some(([name]) => name === beside)
for (const [name, lane] of chosen.filter(([, lane]) => !runsBeside(lane))) {
  const others = chosen.filter(([, { beside }]) => beside === name)
  await Promise.all([count(name, lane, 'shown'), countInTurn(others)])
}
console.log(`\n${lines.join('\n')}\n\n${told(total)}`)
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0)

async function countInTurn(lanes: [string, Lane][]): Promise<void> {
  for (const [name, lane] of lanes) await count(name, lane, 'kept')
}

async function count(name: string, lane: Lane, output: Output): Promise<void> {
  const began = Date.now()
  const counts = await runLane(name, lane, output)
  total.passed += counts.passed
  total.failed += counts.failed
  total.skipped += counts.skipped
  lines.push(`  ${name.padEnd(12)} ${told(counts)} in ${((Date.now() - began) / 1000).toFixed(0)} s: ${lane.what}`)
}

function told({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

async function runLane(name: string, lane: Lane, output: Output): Promise<Counts> {
  const title = `\n── ${name}: ${lane.what}`
  if (output === 'shown') console.log(title)
  const missing = lane.engines.flatMap((engine) => engine.missing() ?? [])
  for (const { name, missing } of lane.engines)
    if (missing() !== null) console.log(`left out: everything on ${name}: ${missing()}`)
  if (lane.whole === true && missing.length > 0) return { passed: 0, failed: CI ? 1 : 0, skipped: CI ? 0 : 1 }
  const report = join(REPORTS, `${name.replace(':', '-')}.json`)
  rmSync(report, { force: true })
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const [command = '', ...args] = lane.counts === 'tests' ? [...lane.command, ...reporters] : lane.command
  const { code, said } = await run(command, args, output)
  if (output === 'kept') console.log(`${title}\n${said.trimEnd()}`)
  if (lane.counts === 'exit code') return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 }
  const counts = readReport(report)
  return { ...counts, failed: Math.max(counts.failed, code === 0 ? 0 : 1) }
}

/** Its exit code, and what it said unless that was shown. A signal to us is passed on, and ends us once all programs have ended: nothing is left behind. */
async function run(command: string, args: string[], output: Output): Promise<{ code: number; said: string }> {
  const stdio = output === 'shown' ? 'inherit' : 'pipe'
  // As npm has it, for who starts this file without npm.
  const PATH = [process.env.PATH ?? '', join(ROOT, 'node_modules/.bin')].join(delimiter)
  const env = { ...process.env, PATH, ...COMPILE_CACHE }
  const child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', stdio, stdio] })
  children.add(child)
  if (output === 'kept' && child.pid !== undefined) setPriority(child.pid, LOW_PRIORITY)
  const said: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (bytes: Buffer) => said.push(bytes))
  const code = await new Promise<number>((resolve) => {
    child.once('error', (error) => {
      console.error(error.message)
      resolve(127)
    })
    child.once('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']))
  })
  children.delete(child)
  exitIfStopped()
  return stopped === undefined ? { code, said: Buffer.concat(said).toString('utf8') } : new Promise(() => {})
}

function exitIfStopped(): void {
  if (stopped !== undefined && children.size === 0) process.exit(128 + constants.signals[stopped])
}

/** A file that could not even be loaded holds no test, so it is counted as one that failed. */
function readReport(file: string): Counts {
  try {
    const report: Record<string, unknown> = JSON.parse(readFileSync(file, 'utf8'))
    const count = (name: string) => Number(report[name] ?? 0)
    const failedFiles = Array.isArray(report.testResults)
      ? report.testResults.filter(
          ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
        )
      : []
    const skipped = count('numPendingTests') + count('numTodoTests')
    return { passed: count('numPassedTests'), failed: count('numFailedTests') + failedFiles.length, skipped }
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }
  }
}
