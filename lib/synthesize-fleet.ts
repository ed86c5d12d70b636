import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FunctionName } from '../functions/contract/functions.ts'
import { type Bundles, bundleFunctions } from './bundle.ts'
import { fleetApp } from './fleet-app.ts'
import type { FleetProps } from './fleet-props.ts'
import { FleetStack } from './fleet-stack.ts'
import { VERSION } from './version.ts'

export interface FleetTemplate {
  Resources: Record<string, Resource>
  Outputs: Record<string, { Value: unknown }>
  Parameters?: Record<string, unknown>
}
interface Resource {
  Type: string
  Properties?: Record<string, unknown>
  DependsOn?: string | string[]
  [key: string]: unknown
}

export interface SynthesizedFleet {
  template: FleetTemplate
  /** Function → folder with its `index.js` (export `handler`, CommonJS), for the functions that the template has. */
  assets: Partial<Bundles>
  /** Function → the logical id of the function in the template. */
  logicalIds: Partial<Record<FunctionName, string>>
}

export type SynthesizeOptions = Omit<FleetProps, 'version' | 'bundles'>

/** The CloudFormation template of a fleet, synthesized in this process: the output of `cdk synth`, and the bundles. */
export function synthesizeFleet(options: SynthesizeOptions, bundles: Bundles = bundleFunctions()): SynthesizedFleet {
  const outdir = mkdtempSync(join(tmpdir(), 'lifesign-synth-'))
  try {
    const app = fleetApp({ ...IN_PROCESS, outdir })
    const stack = new FleetStack(app, { ...options, version: VERSION, bundles })
    const template: FleetTemplate = app.synth().getStackByName(stack.stackName).template
    const logicalIds = stack.workers.map((worker) => [worker.name, worker.logicalId])
    return {
      template,
      assets: Object.fromEntries(stack.workers.map(({ name }) => [name, bundles[name]])),
      logicalIds: Object.fromEntries(logicalIds),
    }
  } finally {
    rmSync(outdir, { recursive: true, force: true })
  }
}

const IN_PROCESS = {
  analyticsReporting: false,
  treeMetadata: false,
  /** Off, because loading and running it takes two seconds of CPU. Every `cdk synth` runs it, and so does a test. */
  builtinCloudFormationValidation: false,
  /** The bundles are used in place and not copied. */
  context: { 'aws:cdk:disable-asset-staging': true },
}
