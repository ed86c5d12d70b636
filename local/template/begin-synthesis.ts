import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { SynthesizedFleet, SynthesizeOptions } from '../../lib/synthesize-fleet.ts'
import type { Synthesized } from './plan.ts'
import { readTemplate } from './template.ts'

type Answer = ({ kind: 'made' } & SynthesizedFleet) | { kind: 'failed'; why: string }

interface Synthesis {
  /** The template of the fleet and its bundles. */
  of(options: SynthesizeOptions): Promise<Synthesized>
  stop(): void
}

/**
 * Starts the synthesis in a process of its own. Meanwhile this process can start the engines, and the CDK's 150 MB are
 * freed when the other process ends.
 */
export function beginSynthesis(): Synthesis {
  const child = fork(fileURLToPath(new URL('./synthesize-process.ts', import.meta.url)))
  const answered = new Promise<Answer>((resolve, reject) => {
    child.once('message', (message: Answer) => resolve(message))
    child.once('error', reject)
    child.once('exit', () => reject(new Error('the synthesis ended without a template')))
  })
  answered.catch(() => {}) // whoever asks for it is told
  return {
    async of(options) {
      child.send(options)
      const answer = await answered
      if (answer.kind === 'failed') throw new Error(`the stack cannot be synthesized: ${answer.why}`)
      return { template: readTemplate(answer.template), assets: answer.assets, logicalIds: answer.logicalIds }
    },
    stop: () => void child.kill('SIGKILL'),
  }
}
