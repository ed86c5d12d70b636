import { Worker } from 'node:worker_threads'
import type { Synthesized as Raw, SynthesizeOptions } from '../../lib/synth.ts'
import type { Synthesized } from './plan.ts'
import { readTemplate } from './template.ts'

/**
 * The template of the fleet and its bundles. Made in a thread of its own, which keeps this one free to start the engines
 * meanwhile, and gives the CDK's memory back when it ends.
 */
export async function synthesize(options: SynthesizeOptions): Promise<Synthesized> {
  const worker = new Worker(new URL('./synthesize-thread.ts', import.meta.url), { workerData: options })
  const { template, assets, logicalIds } = await new Promise<Raw>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error('the synthesis ended without a template')))
  })
  await worker.terminate()
  return { template: readTemplate(template), assets, logicalIds }
}
