import { parseArgs } from 'node:util'
import { PROVIDERS } from '../../functions/contract/providers.ts'
import { changePlan, defaultPlan, type SimulatedProfile } from './behaviour.ts'
import { controlExamples, controlHelp } from './control-help.ts'
import { startSimulator } from './simulator.ts'

const USAGE = `npm run simulator -- [--port 8081] [--profile captchaai|twocaptcha] [--key K] [--seed 1] [--plan JSON]`

/** One line that says what is wrong; the process ends with 2 for bad usage, 1 for anything else. */
function fail(message: string, status: 1 | 2): never {
  console.error(status === 2 ? `${message}\n${USAGE}` : message)
  process.exit(status)
}

function readOptions() {
  const options = {
    port: { type: 'string' },
    profile: { type: 'string' },
    key: { type: 'string' },
    seed: { type: 'string' },
    plan: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const
  try {
    return parseArgs({ options, allowPositionals: false }).values
  } catch (error) {
    return fail(error instanceof Error ? error.message : 'bad usage', 2)
  }
}

function readWhole(name: string, text: string, most: number): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isInteger(value) || value < 0 || value > most)
    fail(`--${name} must be a whole number from 0 to ${most}`, 2)
  return value
}

function readPlan(profile: SimulatedProfile, text: string) {
  let plan: unknown
  try {
    plan = JSON.parse(text)
  } catch {
    fail('--plan must be JSON', 2)
  }
  const parsed = changePlan(defaultPlan(profile), plan)
  return 'problem' in parsed ? fail(`--plan: ${parsed.problem}`, 2) : parsed.plan
}

const given = readOptions()
if (given.help) {
  console.log(`${USAGE}\n\nThen, with the address that it prints:\n${controlHelp('http://127.0.0.1:8081')}`)
  process.exit(0)
}
const profile =
  PROVIDERS.find((name) => name === (given.profile ?? 'captchaai')) ??
  fail(`--profile must be ${PROVIDERS.join(' or ')}`, 2)
const port = readWhole('port', given.port ?? '8081', 65_535)
const seed = readWhole('seed', given.seed ?? '1', 2 ** 31)
const plan = readPlan(profile, given.plan ?? '{}')
const simulator = await startSimulator({
  port,
  profile,
  seed,
  plan,
  ...(given.key !== undefined && { key: given.key }),
}).catch((error: NodeJS.ErrnoException) =>
  fail(error.code === 'EADDRINUSE' ? `port ${port} is in use: choose another with --port` : error.message, 1),
)

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    void simulator.stop().then(() => process.exit(0))
  })
// After the handlers: who reads this line may stop us at once.
console.log(
  `provider simulator (${profile}) on ${simulator.url}, key ${simulator.key}\n${controlExamples(simulator.url)}`,
)
