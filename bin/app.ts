/** The CDK app: `cdk deploy -c stage=prod`, with the settings of `config/prod.json`. */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Validations } from 'aws-cdk-lib/core'
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag'
import { type Bundles, bundleFunctions } from '../lib/bundle.ts'
import { readConfigFile } from '../lib/config-file.ts'
import { configureStage } from '../lib/configure-stage.ts'
import { fleetApp } from '../lib/fleet-app.ts'
import { FleetStack } from '../lib/fleet-stack.ts'
import { foreignContext } from '../lib/foreign-context.ts'
import { refusalOf } from '../lib/settings.ts'
import { VERSION } from '../lib/version.ts'
import { compareDeployed } from './compare-deployed.ts'

// The CDK command line runs this program in the folder of cdk.json, before every synth and every deploy.
const project = process.cwd()
const app = fleetApp()
const configured = configureStage({
  context: app.node.getAllContext(),
  foreign: foreignContext(project, homedir()),
  readConfig: (stage) => readConfigFile(join(project, 'config'), stage),
})
if ('problems' in configured) fail(refusalOf(configured.problems))
const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env
const differences = await compareDeployed(configured.options, account, region)
for (const line of [...configured.warnings, ...differences]) console.error(`note: ${line}`)
new FleetStack(app, { ...configured.options, version: VERSION, bundles: bundlesOrFail() })
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app))

/** esbuild's binary for this platform is an optional dependency of its own. */
function bundlesOrFail(): Bundles {
  try {
    return bundleFunctions()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    if (!why.includes('needed by esbuild')) throw error
    fail("esbuild's binary for this platform is not installed: run `npm ci` without --omit=optional")
  }
}

function fail(sentence: string): never {
  console.error(sentence)
  process.exit(1)
}
