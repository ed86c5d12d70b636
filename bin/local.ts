import { startFleet } from '../local/fleet.ts'
import { makeLogSink } from '../local/log-sink.ts'
import { mendOrFail, stopOnSignal, useNothingOfTheCaller } from '../local/process.ts'
import { readLocalSettings } from '../local/settings.ts'
import { makeTeardown } from '../local/teardown.ts'
import { USAGE } from '../local/variables.ts'
import { started } from '../local/welcome.ts'

/** `npm start`: the whole fleet on this machine. */
await mendOrFail(async () => {
  if (process.argv.includes('--help') || process.argv.includes('-h')) return console.log(USAGE)
  const settings = readLocalSettings(process.argv.slice(2), process.env)
  useNothingOfTheCaller(process.env)
  const print = (line: string) => console.log(line)
  const sink = makeLogSink({ data: settings.data, verbose: settings.verbose, print, now: Date.now })
  for (const remark of settings.remarks) print(`note: ${remark}`)
  const teardown = makeTeardown()
  const stop = async () => {
    await teardown.run()
    await sink.close()
  }
  stopOnSignal(async () => {
    print('stopping ..')
    await stop()
  })
  try {
    const fleet = await startFleet(settings, sink, teardown)
    for (const line of started(fleet, settings, performance.now() / 1000)) print(line)
  } catch (error) {
    await stop()
    throw error
  }
})
