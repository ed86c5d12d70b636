import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Synthesized as Made, SynthesizeOptions } from '../../lib/synth.ts'
import type { Synthesized } from './plan.ts'
import { readTemplate } from './template.ts'

type Answer = ({ kind: 'made' } & Made) | { kind: 'failed'; why: string }

/**
 * The template of the fleet and its bundles. Made by a process of its own, which leaves this one free to start the
 * engines meanwhile and takes the CDK's 150 MB away with it.
 */
export async function synthesize(options: SynthesizeOptions): Promise<Synthesized> {
  const child = fork(fileURLToPath(new URL('./synthesize-process.ts', import.meta.url)))
  const answer = await new Promise<Answer>((resolve, reject) => {
    child.once('message', (message: Answer) => resolve(message))
    child.once('error', reject)
    child.once('exit', () => reject(new Error('the synthesis ended without a template')))
    child.send(options)
  })
  if (answer.kind === 'failed') throw new Error(`the stack cannot be synthesized: ${answer.why}`)
  return { template: readTemplate(answer.template), assets: answer.assets, logicalIds: answer.logicalIds }
}
