import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { COMPILE_CACHE } from '../compile-cache.ts'
import { type Fleet, failed, solved, startFleet } from './scripted-fleet.ts'

/** The program itself, in its own process, on the Node that the machine has first. */
const PROGRAM = join(import.meta.dirname, '../../bin/lifesign.mjs')
const machineNode = async () => {
  const path = (process.env.PATH ?? '').split(':').filter((folder) => !folder.includes('node_modules'))
  const { stdout } = await promisify(execFile)('which', ['node'], { env: { PATH: path.join(':') } })
  return stdout.trim()
}

let fleet: Fleet
let child: ChildProcess | undefined
beforeEach(async () => {
  fleet = await startFleet()
})
afterEach(async () => {
  child?.kill('SIGKILL')
  await fleet.close()
})

async function start(...args: string[]) {
  const env = {
    PATH: process.env.PATH,
    LIFESIGN_SQS_PORT: String(fleet.port),
    LIFESIGN_DYNAMODB_PORT: '9',
    ...COMPILE_CACHE,
  }
  const started = spawn(await machineNode(), [PROGRAM, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  child = started
  const said = { out: '', err: '' }
  started.stdout.on('data', (chunk) => {
    said.out += chunk
  })
  started.stderr.on('data', (chunk) => {
    said.err += chunk
  })
  const ended = once(started, 'close').then(([code]) => ({ ...said, code }))
  return { started, said, ended }
}

const TASK = ['send', '--sitekey', 'k', '--pageurl', 'https://shop.example/', '--task-id', 't']

test('the solution alone is on standard output of the process, exit code 0', async () => {
  fleet.serve(solved)
  const { ended } = await start(...TASK)
  expect(await ended).toMatchObject({ code: 0, out: 'token-of-t\n' })
})

test('the exit code of a failed task comes through', async () => {
  fleet.serve((task) => failed(task))
  const { ended } = await start(...TASK)
  expect(await ended).toMatchObject({ code: 1, out: '' })
})

test('bad usage is one line, without a stack trace', async () => {
  const { ended } = await start('send', '--nope')
  expect(await ended).toEqual({ code: 2, out: '', err: "lifesign: Unknown option '--nope'\n" })
})

test.each(['SIGINT', 'SIGTERM'] as const)('%s: the last words, exit code 130', async (signal) => {
  const { started, said, ended } = await start(...TASK)
  while (!said.err.includes('task t sent')) await once(started.stderr, 'data')
  started.kill(signal)
  const { code, err } = await ended
  expect(err).toContain('npx lifesign result t')
  expect(code).toBe(130)
})

test.each(['--version', '-v', 'version'])('lifesign %s prints the version and nothing else', async (word) => {
  const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8'))
  const { ended } = await start(word)
  expect(await ended).toEqual({ code: 0, out: `${version}\n`, err: '' })
})
