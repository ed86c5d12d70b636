import { execFileSync } from 'node:child_process'
import { bundleHealth, probe } from './probed.ts'

/** `node test/health/bundle/measure.ts`: size and load times of the bundle, beside the unbundled SDK in the same run. */
const RUNS = 15
const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]?.toFixed(1)

const UNBUNDLED = `const began = performance.now(); require('@aws-sdk/client-dynamodb'); require('@aws-sdk/util-dynamodb')
process.stdout.write(String(performance.now() - began))`

const bundle = bundleHealth()
const [load, live, first, sdk]: number[][] = [[], [], [], []]
for (let run = 0; run < RUNS; run += 1) {
  const probed = await probe(bundle.path)
  load?.push(probed.requireMs)
  live?.push(probed.views['/health/live']?.ms ?? Number.NaN)
  first?.push(probed.views['/health/ready']?.ms ?? Number.NaN)
  sdk?.push(Number(execFileSync(process.execPath, ['-e', UNBUNDLED])))
}
console.log(`medians of ${RUNS} fresh processes, Node ${process.version}:
bundle            ${Object.entries(bundle.sizes)
  .map(([name, bytes]) => `${name} ${(bytes / 1000).toFixed(0)} kB`)
  .join(', ')}
load the bundle   ${median(load ?? [])} ms
first live view   ${median(live ?? [])} ms
first ready view  ${median(first ?? [])} ms (loads the SDK; its table refuses the connection)
unbundled SDK     ${median(sdk ?? [])} ms (client-dynamodb and util-dynamodb by require)`)
