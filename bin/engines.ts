import { startEngines } from '../local/engines/standalone.ts'
import { readEngineSettings } from '../local/settings/settings.ts'
import { ENGINES_USAGE } from '../local/settings/variables.ts'
import { isolateEnvironment, runProgram, stopOnSignal } from '../local/support/program.ts'
import { makeTeardown } from '../local/support/teardown.ts'
import { usageError } from '../local/support/user-error.ts'

/**
 * `npm run engines`: the engines without a fleet. They create no queue and no table; `npm start` creates what is
 * missing.
 */
await runProgram(async () => {
  const [argument] = process.argv.slice(2)
  if (argument === '--help' || argument === '-h') return console.log(ENGINES_USAGE)
  if (argument !== undefined)
    throw usageError(`unknown argument ${argument}; npm run engines is set by variables: see --help`)
  const settings = readEngineSettings(process.env)
  isolateEnvironment(process.env)
  const teardown = makeTeardown()
  stopOnSignal(teardown.run)
  const engines = await startEngines(settings, teardown)
  console.log(`SQS       ${engines.sqsUrl}`)
  console.log(`DynamoDB  ${engines.dynamodbUrl} (data in ${settings.data})`)
  console.log(`control   ${engines.controlUrl}`)
  console.log(`engines ready: ${(performance.now() / 1000).toFixed(1)} s`)
})
