import { startLocalFleet } from '../local/fleet.ts'
import { readLocalSettings } from '../local/settings/settings.ts'
import { USAGE } from '../local/settings/variables.ts'
import { startupBanner } from '../local/startup-banner.ts'
import { makeLogSink } from '../local/support/log-sink.ts'
import { isolateEnvironment, runProgram, stopOnSignal } from '../local/support/program.ts'
import { makeTeardown } from '../local/support/teardown.ts'

/** `npm start`: the whole fleet on this machine. */
await runProgram(async () => {
  if (process.argv.includes('--help') || process.argv.includes('-h')) return console.log(USAGE)
  const settings = readLocalSettings(process.argv.slice(2), process.env)
  isolateEnvironment(process.env)
  const print = (line: string) => console.log(line)
  const teardown = makeTeardown()
  const stop = async () => {
    await teardown.run()
    await sink.close()
  }
  stopOnSignal(async () => {
    print('stopping ..')
    await stop()
  })
  // After the signals are listened for: who sees the log's file may send one.
  const sink = makeLogSink({ data: settings.data, verbose: settings.verbose, print, now: Date.now })
  for (const remark of settings.warnings) print(`note: ${remark}`)
  try {
    const fleet = await startLocalFleet(settings, sink, teardown)
    for (const line of startupBanner(fleet, settings, performance.now() / 1000)) print(line)
  } catch (error) {
    await stop()
    throw error
  }
})
