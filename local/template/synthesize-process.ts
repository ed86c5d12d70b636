import { bundleFunctions } from '../../lib/bundle.ts'
import { synthesizeFleet } from '../../lib/synthesize-fleet.ts'
import { errorText } from '../support/user-error.ts'

type Options = Parameters<typeof synthesizeFleet>[0]

/** If the parent process ends first, this process ends too. */
process.on('disconnect', () => process.exit(0))

const asked = new Promise<Options>((resolve) => process.once('message', resolve))
const answer = await make().catch((error: unknown) => ({
  kind: 'failed',
  why: errorText(error),
}))
process.send?.(answer, () => process.exit(0))

/** The bundles depend on no option, so bundling starts at once. */
async function make() {
  const bundles = bundleFunctions()
  return { kind: 'made', ...synthesizeFleet(await asked, bundles) }
}
