import { startEngines } from '../local/engines/alone.ts'
import { mendOrFail, stopOnSignal, useNothingOfTheCaller } from '../local/process.ts'
import { readEngineSettings } from '../local/settings.ts'
import { makeTeardown } from '../local/teardown.ts'

/** `npm run engines`: the engines alone. They create nothing; `npm start` does, where it is missing. */
await mendOrFail(async () => {
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
