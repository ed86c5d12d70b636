import { describe, expect, it } from 'vitest'
import { NO_BREAKER } from '../../../functions/core/evidence/provider-facts.ts'
import type { ReadinessRecord, RecordReading } from '../../../functions/core/record/record.ts'
import { NOON } from '../../../sim/memory/clock.ts'
import { recordOf, SWEPT_AT, sweptProvider } from '../../build/record.ts'
import { healthSeeing, STATES } from '../served-views.ts'
import { busyRecord } from './busy-record.ts'

const scraped = async (seen: RecordReading | ReadinessRecord): Promise<string> => {
  const reading: RecordReading = 'kind' in seen ? seen : { kind: 'record', record: seen, readAt: NOON }
  return (await healthSeeing(reading)('/metrics')).body
}
/** The lines of a metric, without its name. */
const valuesOf = (body: string, name: string): string[] =>
  body
    .split('\n')
    .flatMap((line) =>
      /^[{ ]/.test(line.slice(name.length)) && line.startsWith(name) ? [line.slice(name.length)] : [],
    )
/** Metric → its type. */
const typesOf = (body: string): Record<string, string> =>
  Object.fromEntries([...body.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = '', type = '']) => [name, type]))

describe('the type of a metric', () => {
  it('is counter for what only grows, as its name says, histogram for solve times, and gauge for all else', async () => {
    const types = typesOf(await scraped(busyRecord()))
    const expected = Object.keys(types).map((name) => [
      name,
      name.endsWith('_total') ? 'counter' : name === 'lifesign_solve_seconds' ? 'histogram' : 'gauge',
    ])
    expect(types).toEqual(Object.fromEntries(expected))
    expect(new Set(Object.values(types)).size).toBe(3)
  })

  it('and the help of each metric are there exactly if it has values', async () => {
    for (const seen of [busyRecord(), recordOf(), ...Object.values(STATES).map(({ reading }) => reading)]) {
      const body = await scraped(seen)
      const named = new Set(body.match(/^lifesign_\w+/gm)?.map((name) => name.replace(/_(bucket|sum|count)$/, '')))
      expect(Object.keys(typesOf(body)).sort()).toEqual([...named].sort())
      const helped = [...body.matchAll(/^# HELP (\w+) [A-Z].{8,}\.?$/gm)].map(([, name]) => name)
      expect(helped.sort()).toEqual([...named].sort())
    }
  })
})

describe('what nobody knows is absent and not 0', () => {
  it('before the first sweep, the first solve and the first account call', async () => {
    const record = recordOf({ evidence: { providers: [sweptProvider({ responseMs: null, balanceAt: null })] } })
    const idle = await scraped(record)
    for (const name of [
      'lifesign_last_solve_timestamp_seconds',
      'lifesign_provider_response_seconds',
      'lifesign_provider_balance_timestamp_seconds',
      'lifesign_provider_balance_runway_seconds',
      'lifesign_solve_seconds_count',
    ])
      expect([name, valuesOf(idle, name)]).toEqual([name, []])
    const missing = await scraped(STATES.missing.reading)
    for (const name of ['lifesign_evidence_age_seconds', 'lifesign_sweep_timestamp_seconds'])
      expect([name, valuesOf(missing, name)]).toEqual([name, []])
  })

  it('for a dependency of which nothing is known; 0 is one that is down, and 1 one that is worse than usual', async () => {
    const lost = sweptProvider({ error: { class: 'transient', code: 'TIMEOUT' }, lostCalls: 1 })
    expect(
      valuesOf(
        await scraped(recordOf({ evidence: { providers: [lost], secretReadable: false } })),
        'lifesign_dependency_up',
      ),
    ).toEqual([
      '{dependency="captchaaiApi"} 1',
      '{dependency="table"} 1',
      '{dependency="taskQueue"} 1',
      '{dependency="secret"} 0',
      '{dependency="sweep"} 1',
    ])
    expect(valuesOf(await scraped(STATES.stale.reading), 'lifesign_dependency_up')).toEqual([
      '{dependency="table"} 1',
      '{dependency="sweep"} 0',
    ])
  })
})

describe('of two providers', () => {
  it('one is active and works; the other one has an open breaker and cannot be used', async () => {
    const open = { ...NO_BREAKER, state: 'open', since: SWEPT_AT } as const
    const other = sweptProvider({ name: 'twocaptcha', breaker: open, unusableSince: SWEPT_AT })
    const used = sweptProvider({ burnPerSecond: 0.0005 })
    const body = await scraped(recordOf({ evidence: { providers: [used, other] } }))
    const of = (name: string) => valuesOf(body, `lifesign_provider_${name}`)
    expect(of('active')).toEqual(['{provider="captchaai"} 1', '{provider="twocaptcha"} 0'])
    expect(of('usable')).toEqual(['{provider="captchaai"} 1', '{provider="twocaptcha"} 0'])
    expect(of('breaker_open')).toEqual(['{provider="captchaai"} 0', '{provider="twocaptcha"} 1'])
    expect(of('balance_runway_seconds')).toEqual(['{provider="captchaai"} 25000'])
  })
})

it('the gate is paused exactly while a person has paused the intake', async () => {
  const pause = { by: 'a person', reason: 'an invoice', at: NOON - 1000 }
  expect(valuesOf(await scraped(recordOf({ evidence: { pause } })), 'lifesign_gate_paused')).toEqual([' 1'])
  expect(valuesOf(await scraped(recordOf()), 'lifesign_gate_paused')).toEqual([' 0'])
})
