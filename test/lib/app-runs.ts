/**
 * Runs `bin/app.ts` as often as it is told to, in this one process: loading the CDK and its checks takes longer than a
 * synth. Each run has a module of the app of its own, and ends where a process of its own would: with `beforeExit`.
 */
export interface AppRun {
  /** The folder of cdk.json, and the folder for what is synthesized. */
  project: string
  folder: string
  context: Record<string, unknown>
  /** Beside what this process has; gone after the run. */
  env: Record<string, string>
}
export interface AppEnd {
  status: number
  stdout: string
  stderr: string
}

let runs = 0
process.on('message', async (run: AppRun) => process.send?.(await runApp(run)))

async function runApp({ project, folder, context, env }: AppRun): Promise<AppEnd> {
  process.chdir(project)
  const before = { ...process.env }
  Object.assign(process.env, env, { CDK_OUTDIR: folder, CDK_CONTEXT_JSON: JSON.stringify(context) })
  process.exitCode = 0
  const [stdout, stderr] = [capture(process.stdout), capture(process.stderr)]
  try {
    runs += 1
    await import(`../../bin/app.ts?run=${runs}`)
    process.emit('beforeExit', 0)
  } catch (error) {
    process.exitCode = 1
    console.error(error)
  }
  process.env = before
  return { status: Number(process.exitCode), stdout: stdout(), stderr: stderr() }
}

/** What is written to the stream from now on, until it is asked for. */
function capture(stream: NodeJS.WriteStream): () => string {
  const { write } = stream
  let text = ''
  stream.write = (chunk: string | Uint8Array) => {
    text += Buffer.from(chunk).toString('utf8')
    return true
  }
  return () => {
    stream.write = write
    return text
  }
}
