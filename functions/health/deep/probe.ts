import { errorName } from '../../core/error-name.ts'
import type { Clock } from '../../core/ports.ts'
import type { DeepCheck } from '../../core/record/deep-run.ts'

/** What a probe answers; the response time is measured around it. */
export type Found = Pick<DeepCheck, 'status' | 'error' | 'reason'>

export const OK: Found = { status: 'ok' }

export interface Probe {
  name: string
  criticality: DeepCheck['criticality']
  /** Afterwards the probe counts as down. */
  limitMs: number
  run: () => Promise<Found>
}

interface ProbePorts {
  clock: Pick<Clock, 'sleep'>
  /** Monotonic milliseconds. */
  ticks: () => number
}

/** Runs all probes at once. A probe that hangs or fails costs its own time limit and never delays another. */
export async function runProbes(probes: readonly Probe[], ports: ProbePorts): Promise<Record<string, DeepCheck>> {
  const checks = probes.map(async (probe) => [probe.name, await checkOf(probe, ports)] as const)
  return Object.fromEntries(await Promise.all(checks))
}

async function checkOf({ criticality, limitMs, run }: Probe, { clock, ticks }: ProbePorts): Promise<DeepCheck> {
  const began = ticks()
  const found = await Promise.race([guarded(run), clock.sleep(limitMs).then(() => timedOut(limitMs))])
  return { criticality, responseMs: Math.round(ticks() - began), ...found }
}

async function guarded(run: () => Promise<Found>): Promise<Found> {
  try {
    return await run()
  } catch (error) {
    return { status: 'down', error: errorName(error), reason: 'It cannot be reached, or it refused the call.' }
  }
}

const timedOut = (limitMs: number): Found => ({
  status: 'down',
  error: 'TIMEOUT',
  reason: `It did not answer within ${limitMs / 1000} s.`,
})
