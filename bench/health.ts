import { setTimeout as pause } from 'node:timers/promises'
import { isolateEnvironment } from '../local/support/program.ts'
import { startWorld } from '../test/fleet/world.ts'
import { programPort, SWEEP_SECONDS, startExpress, startFixed, startHandler } from './health/candidates.ts'
import { cpuOf } from './health/cpu-of.ts'
import { load, type Round } from './health/load.ts'

/**
 * `npm run bench:health`: answers of `/health/ready` beside the documents' Express server and beside a text that is
 * sent whatever is asked. One process each, the same load, rounds that take turns. The machine may have other work, so
 * the CPU time of an answer is there too. At the end the reads of the table, counted by the engine while the handler is
 * the only reader, and the sizes of the views.
 */
const ROUNDS = 7
const ROUND_SECONDS = 3
const CONNECTIONS = 20
const READY = '/health/ready'
const COUNTED_SECONDS = 5

isolateEnvironment(process.env)
Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' })
const world = await startWorld({ settings: { sweepSeconds: SWEEP_SECONDS } })
const [express, fixed, handler] = await Promise.all([startExpress(world), startFixed(), startHandler(world)])

interface Candidate {
  name: string
  port: number
  pid: number | undefined
  rounds: (Round & { cpuMs: number })[]
}
const candidate = (name: string, port: number, pid: number | undefined): Candidate => ({ name, port, pid, rounds: [] })

async function ask({ port, pid, rounds }: Candidate): Promise<void> {
  const before = cpuOf(pid)
  const round = await load(port, READY, CONNECTIONS, ROUND_SECONDS)
  rounds.push({ ...round, cpuMs: cpuOf(pid) - before })
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
const perSecond = ({ rounds }: Candidate) => median(rounds.map(({ latencies, seconds }) => latencies.length / seconds))
const cpuMicros = ({ rounds }: Candidate) =>
  median(rounds.map(({ latencies, cpuMs }) => (1000 * cpuMs) / latencies.length))

function row(one: Candidate, base: Candidate): string {
  const latencies = one.rounds.flatMap((round) => round.latencies).sort((a, b) => a - b)
  const at = (share: number) => (latencies[Math.floor(share * latencies.length)] ?? Number.NaN).toFixed(2)
  const refused = one.rounds.reduce((sum, round) => sum + round.refused, 0)
  const rate = perSecond(one)
  const [cpu, share] = [cpuMicros(one), rate / perSecond(base)]
  const cells = [one.name, rate.toFixed(0), share.toFixed(2), cpu.toFixed(0), at(0.5), at(0.99), refused]
  return `| ${cells.join(' | ')} |`
}

const reads = async (): Promise<number> => (await world.requests()).dynamodb.GetItem ?? 0

async function readsPerThousand(port: number, each: number): Promise<number> {
  const before = await reads()
  for (let probe = 0; probe < COUNTED_SECONDS * each; probe += 1) {
    await fetch(`http://127.0.0.1:${port}${READY}`).then((answer) => answer.arrayBuffer())
    await pause(1000 / each)
  }
  return (((await reads()) - before) * 1000) / (COUNTED_SECONDS * each)
}

try {
  const base = candidate('Express, the documents', programPort(express), express.child.pid)
  const all = [
    base,
    candidate('a text of that size, nothing computed', programPort(fixed), fixed.child.pid),
    candidate('our handler, on the thread that serves HTTP', programPort(handler), handler.child.pid),
    candidate('npm start, each function on a thread of its own', world.ports.health, world.fleet().child.pid),
  ]
  for (const { port } of all) await load(port, READY, CONNECTIONS, 2)
  for (let round = 0; round < ROUNDS; round += 1) for (const one of all) await ask(one)
  console.log(
    `${READY}, ${CONNECTIONS} connections, medians of ${ROUNDS} rounds of ${ROUND_SECONDS} s that take turns\n`,
  )
  console.log('| server | answers/s | of Express | CPU µs an answer | p50 ms | p99 ms | not 200 |')
  console.log(`|${' --- |'.repeat(7)}`)
  for (const one of all) console.log(row(one, base))
  console.log()

  await world.crash()
  const port = programPort(handler)
  for (const each of [10, 100]) {
    const count = await readsPerThousand(port, each)
    console.log(`table reads for 1,000 probes at ${each} a second, one environment: ${count.toFixed(0)}`)
  }
  for (const path of ['/status', READY]) {
    const body = await fetch(`http://127.0.0.1:${port}${path}`).then((answer) => answer.arrayBuffer())
    console.log(`${path}: ${body.byteLength} bytes`)
  }
} finally {
  await Promise.all([express.stop(), fixed.stop(), handler.stop(), world.stop()])
}
