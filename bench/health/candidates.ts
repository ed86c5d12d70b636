import { parseOptions } from '../../lib/settings.ts'
import { makeCredentials } from '../../local/gateway/credentials.ts'
import { functionEnvironment } from '../../local/lambda/function-environment.ts'
import { beginSynthesis } from '../../local/template/begin-synthesis.ts'
import { knownNames } from '../../local/template/known-names.ts'
import { planFleet } from '../../local/template/plan.ts'
import { type Program, startProgram } from '../../test/fleet/program.ts'
import type { World } from '../../test/fleet/world.ts'

/** The documents' Express server, its balance from the same simulator. */
export const startExpress = ({ simulator }: World): Promise<Program> =>
  startProgram(
    'bench/baselines/express-health.mjs',
    [],
    { RESULT_URL: `${simulator.url}/res.php`, API_KEY: simulator.key, NODE_ENV: 'production' },
    /^ready:/m,
  )

/** The least that an answer costs a server on Node's HTTP. */
export const startFixed = (): Promise<Program> => startProgram('bench/health/fixed-server.mjs', [], {}, /^ready:/m)

/** The health handler alone, reading the table that the fleet of `world` writes. */
export async function startHandler({ ports }: World): Promise<Program> {
  const parsed = parseOptions({ stage: 'local', sweepSeconds: String(SWEEP_SECONDS), providerUrl: NOWHERE }, ['local'])
  if ('problems' in parsed) throw new Error(parsed.problems.join('; '))
  const synthesized = await beginSynthesis().of(parsed.options)
  const known = knownNames(synthesized.template, { sqsUrl: NOWHERE, baseUrl: NOWHERE, stackName: 'Lifesign-local' })
  const plan = planFleet(synthesized, known).functions.find(({ name }) => name === 'health')
  if (plan === undefined) throw new Error('no health function')
  const env = functionEnvironment(plan, `http://127.0.0.1:${ports.dynamodb}`, makeCredentials())
  return startProgram('bench/health/handler-server.ts', [], { ...env, BUNDLE: plan.file }, /^ready:/m)
}

/** As `npm start` has it; a handler that expects more sweeps would call the evidence stale. */
export const SWEEP_SECONDS = 5
const NOWHERE = 'http://127.0.0.1:9'

export const programPort = (program: Program): number => program.port('ready:')
