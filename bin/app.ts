/** The CDK app: `cdk deploy -c stage=prod -c minBalance=5`. */
import { Validations } from 'aws-cdk-lib/core'
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag'
import { bundleFunctions } from '../lib/bundle.ts'
import { fleetApp } from '../lib/fleet-app.ts'
import { FleetStack } from '../lib/fleet-stack.ts'
import { parseOptions, refusal } from '../lib/settings.ts'
import { CLOUD_STAGES } from '../lib/stages.ts'
import { VERSION } from '../lib/version.ts'

const app = fleetApp()
const parsed = parseOptions(app.node.getAllContext(), CLOUD_STAGES)
if ('problems' in parsed) {
  console.error(refusal(parsed.problems))
  process.exit(1)
}
new FleetStack(app, { ...parsed.options, version: VERSION, bundles: bundleFunctions() })
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app))
