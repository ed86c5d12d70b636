/** `npm run pictures`: the browser tests once more, with their pictures kept in docs/pictures. */
import { spawnSync } from 'node:child_process'

const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/outside/vitest.config.ts', 'status-page']
const env = { ...process.env, PICTURES: 'docs/pictures' }
process.exitCode = spawnSync(process.execPath, vitest, { stdio: 'inherit', env }).status ?? 1
