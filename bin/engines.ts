import { startEngines } from '../local/engines/alone.ts'
import { wrongUsage } from '../local/problem.ts'
import { mendOrFail, stopOnSignal, useNothingOfTheCaller } from '../local/process.ts'
import { readEngineSettings } from '../local/settings.ts'
import { makeTeardown } from '../local/teardown.ts'
import { ENGINES_USAGE } from '../local/variables.ts'

/** `npm run engines`: the engines alone. They create nothing; `npm start` does, where it is missing. */
await mendOrFail(async () => {
  const [word] = process.argv.slice(2)
  if (word === '--help' || word === '-h') return console.log(ENGINES_USAGE)
  if (word !== undefined) throw wrongUsage(`unknown argument ${word}; npm run engines is set by variables: see --help`)
  const settings = readEngineSettings(process.env)
  useNothingOfTheCaller(process.env)
  const teardown = makeTeardown()
  stopOnSignal(teardown.run)
  const engines = await startEngines(settings, teardown)
  console.log(`SQS       ${engines.sqsUrl}`)
  console.log(`DynamoDB  ${engines.dynamodbUrl} (data in ${settings.data})`)
  console.log(`control   ${engines.controlUrl}`)
  console.log(`engines ready: ${(performance.now() / 1000).toFixed(1)} s`)
})
