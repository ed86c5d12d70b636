import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { contents, type Fleet, solved, startFleet } from '../cli/scripted-fleet.ts'
import { ROOT } from './settings-table.ts'

const SECTION = /## A first client\n([\s\S]*?)\n##/.exec(readFileSync(join(ROOT, 'docs/clients.md'), 'utf8'))?.[1] ?? ''
const codeIn = (language: string) => new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(SECTION)?.[1] ?? ''

let fleet: Fleet
beforeEach(async () => {
  fleet = await startFleet()
})
afterEach(() => fleet.close())

/** Runs the code as a person would paste it, with nothing of AWS in the environment but what the code itself says. */
async function run(program: string, args: string[]) {
  const child = spawn(program, args, { cwd: ROOT, env: { PATH: process.env.PATH }, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { out: '', err: '' }
  child.stdout.on('data', (chunk) => (said.out += chunk))
  child.stderr.on('data', (chunk) => (said.err += chunk))
  const code = await new Promise((resolve) => child.once('close', resolve))
  return { ...said, code }
}
const onThisFleet = (code: string) => code.replaceAll('127.0.0.1:9324', `127.0.0.1:${fleet.port}`)

test('the first client in Node has ten lines, sends a task, prints its result and deletes it', async () => {
  const code = codeIn('js')
  expect(code.trim().split('\n')).toHaveLength(10)
  fleet.serve(solved)
  const { out, err, code: ended } = await run(process.execPath, ['--input-type=module', '-e', onThisFleet(code)])
  expect({ ended, err }).toEqual({ ended: 0, err: '' })
  expect(JSON.parse(out)).toMatchObject({
    status: 'solved',
    solution: expect.stringMatching(/^token-of-[0-9a-f-]{36}$/),
  })
  expect(await contents(fleet.results)).toEqual([])
})

const PYTHON = join(ROOT, '.tmp/venv/bin/python')
const hasBoto3 = existsSync(PYTHON) && spawnSync(PYTHON, ['-c', 'import boto3']).status === 0
if (!hasBoto3) console.warn('left out: the first client in Python; it needs .tmp/venv/bin/pip install boto3')

test.skipIf(!hasBoto3 && process.env.CI !== 'true')(
  'the first client in Python has ten lines, sends a task, prints its result and deletes it',
  async () => {
    const code = codeIn('python')
    expect(code.trim().split('\n')).toHaveLength(10)
    fleet.serve(solved)
    const { out, err, code: ended } = await run(PYTHON, ['-c', onThisFleet(code)])
    expect({ ended, err }).toEqual({ ended: 0, err: '' })
    expect(JSON.parse(out)).toMatchObject({ solution: expect.stringMatching(/^token-of-[0-9a-f-]{36}$/) })
    expect(await contents(fleet.results)).toEqual([])
  },
)
