import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const PROGRAM = join(import.meta.dirname, '../../bin/lifesign.ts')
const KEY = 'k3y-that-nobody-sees-01234567890'

/** Runs the program on a terminal of its own, types when it is asked, and prints all that the terminal showed. */
const ON_A_TERMINAL = `
import os, pty, sys
typed, program = sys.argv[1].encode().decode('unicode_escape').encode(), sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0: os.execv(program[0], program)
shown = b''
while True:
    try: chunk = os.read(terminal, 1024)
    except OSError: break
    if not chunk: break
    shown += chunk
    if typed and b'API key' in shown: os.write(terminal, typed); typed = b''
sys.stdout.write(shown.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`
const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0

async function onTerminal(typed: string, keysFile: string) {
  const args = ['-c', ON_A_TERMINAL, typed, process.execPath, PROGRAM, 'keys', 'set', 'captchaai']
  const env = { PATH: process.env.PATH, LIFESIGN_KEYS_FILE: keysFile }
  return promisify(execFile)('python3', args, { env, timeout: 20_000 }).then(
    ({ stdout }) => ({ code: 0, shown: stdout }),
    (error: { code: number; stdout: string }) => ({ code: error.code, shown: error.stdout }),
  )
}

test.skipIf(!hasPython)('on a terminal the key is asked for and what is typed or pasted is not shown', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lifesign-keys-'))
  const path = join(folder, 'keys.json')
  const { code, shown } = await onTerminal(`${KEY}x\\x7f\\r`, path)
  expect(shown).toContain('API key of captchaai: ')
  expect(shown).toContain('captchaai: key set')
  expect(shown).not.toContain('k3y')
  expect(code).toBe(0)
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ captchaai: KEY })
  const stopped = await onTerminal(`${KEY}z\\x03`, path)
  expect(stopped).toMatchObject({ code: 130, shown: expect.not.stringContaining('k3y') })
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ captchaai: KEY })
  await rm(folder, { recursive: true })
})
