import * as z from 'zod/mini'
import { Unreachable, UsageError } from '../cli/exit.ts'

const started = z.object({
  from: z.number(),
  until: z.number(),
  seconds: z.number(),
  does: z.string(),
  look: z.string(),
})
const running = z.array(z.object({ name: z.string(), from: z.number(), until: z.number() }))
const ended = z.object({ ended: running })
const refused = z.object({ problem: z.string() })

const DEFAULT_PORT = '8081'
const TIMEOUT_MS = 5000

/** The address of a simulator on this machine. Any other address is refused: faults are for nobody else's provider. */
export function simulatorAddress(given: string | undefined, env: Record<string, string | undefined>): string {
  const text = given ?? `http://127.0.0.1:${env.LIFESIGN_SIMULATOR_PORT || DEFAULT_PORT}`
  const what = given === undefined ? 'LIFESIGN_SIMULATOR_PORT' : '--url'
  const url = URL.canParse(text) ? new URL(text) : null
  const here = url?.protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)
  if (url === null || !here)
    throw new UsageError(
      `simulate works on this machine only: ${what} must lead to an http address on loopback, such as http://127.0.0.1:8081`,
    )
  return url.origin
}

/** The control endpoint of the simulated provider at this address. */
export function simulatorAt(origin: string) {
  async function ask<T extends z.ZodMiniType>(method: string, shape: T, body?: object): Promise<z.infer<T>> {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const response = await fetch(`${origin}/_sim/simulate`, { method, signal, redirect: 'manual', ...sent }).catch(
      () => {
        throw new Unreachable(
          `no simulated provider answers at ${origin}: the local fleet does not run there or pays another provider, or a fault shuts its connections until it ends by itself`,
        )
      },
    )
    const answer: unknown = await response.json().catch(() => null)
    const problem = refused.safeParse(answer)
    if (problem.success && response.status === 400) throw new UsageError(problem.data.problem)
    const read = shape.safeParse(answer)
    if (!read.success) throw new Unreachable(`what answers at ${origin} is not the simulated provider`)
    return read.data
  }
  return {
    start: (order: object) => ask('POST', started, order),
    running: () => ask('GET', running),
    end: async () => (await ask('DELETE', ended)).ended,
  }
}
