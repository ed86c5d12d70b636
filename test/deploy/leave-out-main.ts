import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LEFT_OUT, leaveOut } from './left-out.ts'

/** After the app, as part of the command that `cdk` runs: takes out of its template what the engine lacks. */
const file = join(process.env.CDK_OUTDIR ?? '', `${process.argv[2]}.template.json`)
await writeFile(file, JSON.stringify(leaveOut(JSON.parse(await readFile(file, 'utf8')), LEFT_OUT).template))
