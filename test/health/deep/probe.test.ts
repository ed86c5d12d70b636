import { describe, expect, it } from 'vitest'
import { type Found, OK, type Probe, runProbes } from '../../../functions/health/deep/probe.ts'
import { type MemoryClock, memoryClock } from '../../../sim/memory/clock.ts'

const probe = (name: string, run: () => Promise<Found>): Probe => ({ name, criticality: 'hard', limitMs: 5_000, run })
const answering =
  (clock: MemoryClock, milliseconds: number, found = OK) =>
  async (): Promise<Found> => {
    await clock.sleep(milliseconds)
    return found
  }

describe('the probes of a deep run', () => {
  it('run at once: a slow one delays no other, and one that hangs costs its own time limit', async () => {
    const clock = memoryClock()
    const started: string[] = []
    const noting = (name: string, run: () => Promise<Found>) =>
      probe(name, () => {
        started.push(name)
        return run()
      })
    const probes = [
      noting('hangs', () => new Promise<Found>(() => {})),
      noting('slow', answering(clock, 3_000)),
      noting('quick', answering(clock, 20)),
    ]
    const ended = runProbes(probes, { clock, ticks: clock.now })
    expect(started).toEqual(['hangs', 'slow', 'quick'])
    await clock.advance(5_000)
    expect(await ended).toEqual({
      hangs: {
        criticality: 'hard',
        status: 'down',
        responseMs: 5_000,
        error: 'TIMEOUT',
        reason: 'It did not answer within 5 s.',
      },
      slow: { criticality: 'hard', status: 'ok', responseMs: 3_000 },
      quick: { criticality: 'hard', status: 'ok', responseMs: 20 },
    })
  })

  it('one that throws, also before its first await, is down by the name of its error and no text of it', async () => {
    const clock = memoryClock()
    const fails = (): Promise<Found> => {
      throw new TypeError('connect 10.0.0.1 arn:aws:sqs')
    }
    const checks = await runProbes([probe('bad', fails), probe('good', async () => OK)], { clock, ticks: clock.now })
    expect(checks.bad).toMatchObject({ status: 'down', error: 'TypeError' })
    expect(JSON.stringify(checks)).not.toMatch(/10\.0|arn:/)
    expect(checks.good?.status).toBe('ok')
  })
})
