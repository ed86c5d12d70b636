import { synthesizeFleet } from '../../lib/synth.ts'

process.once('message', (options: Parameters<typeof synthesizeFleet>[0]) => {
  process.send?.(attempt(options), () => process.disconnect())
})

function attempt(options: Parameters<typeof synthesizeFleet>[0]) {
  try {
    return { kind: 'made', ...synthesizeFleet(options) }
  } catch (error) {
    return { kind: 'failed', why: error instanceof Error ? error.message : String(error) }
  }
}
