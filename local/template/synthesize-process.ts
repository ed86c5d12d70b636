import { bundleFunctions } from '../../lib/bundle.ts'
import { synthesizeFleet } from '../../lib/synthesize-fleet.ts'

type Options = Parameters<typeof synthesizeFleet>[0]

/** Whoever started this may be gone before it is done: then nobody is told. */
process.on('disconnect', () => process.exit(0))

const asked = new Promise<Options>((resolve) => process.once('message', resolve))
const answer = await make().catch((error: unknown) => ({
  kind: 'failed',
  why: error instanceof Error ? error.message : String(error),
}))
process.send?.(answer, () => process.exit(0))

/** The bundles depend on nothing that is asked for, so they are begun at once. */
async function make() {
  const bundles = bundleFunctions()
  return { kind: 'made', ...synthesizeFleet(await asked, bundles) }
}
