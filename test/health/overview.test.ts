import { describe, expect, it } from 'vitest'
import type { Mode } from '../../functions/core/admission/item/admission.ts'
import { initialAdmission } from '../../functions/core/admission/item/initial.ts'
import { capOf } from '../../functions/core/admission/places/shares.ts'
import { acceptingOf } from '../../functions/core/record/accepting.ts'
import type { ReadinessRecord } from '../../functions/core/record/record.ts'
import type { Priority } from '../../functions/core/task/task.ts'
import { NOON } from '../../sim/memory/clock.ts'
import { notReady, recordOf } from '../build/record.ts'
import { healthSeeing, STATES } from './served-views.ts'

const PRIORITIES: Priority[] = ['low', 'normal', 'high', 'critical']
const MODES: Mode[] = ['normal', 'degraded', 'emergency']
const overviewOf = (record: ReadinessRecord) => healthSeeing({ kind: 'record', record, readAt: NOON })('/health')
const withQueue = (waiting: number, inFlight: number) =>
  recordOf({ evidence: { queue: { waiting, available: waiting, inFlight, deadLetters: 0 } } })

describe('the overview', () => {
  it('shows the load of a healthy fleet', async () => {
    const { status, json } = await overviewOf(recordOf())
    expect(status).toBe(200)
    expect(json).toEqual({
      status: 'healthy',
      mode: 'normal',
      workersAlive: 2,
      activeTasks: 9,
      maxConcurrent: 100,
      loadPct: 9,
      queueDepth: 4,
      queueCapacity: 1000,
      accepting: { low: true, normal: true, high: true, critical: true },
      admitting: { low: 1, normal: 1, high: 1, critical: 1 },
    })
  })

  it.each([
    ['89 of 100 in flight', withQueue(0, 89), 'healthy'],
    ['90 of 100 in flight', withQueue(0, 90), 'overloaded'],
    ['one place left in the queue', withQueue(999, 0), 'healthy'],
    ['a full queue', withQueue(1000, 0), 'overloaded'],
    ['mode emergency', recordOf({ status: 'degraded', mode: 'emergency' }), 'overloaded'],
    ['mode degraded', recordOf({ status: 'degraded', mode: 'degraded' }), 'degraded'],
    ['not ready', notReady(), 'degraded'],
    ['on a backup, in mode normal', recordOf({ status: 'degraded', warnings: ['on_backup=twocaptcha'] }), 'healthy'],
  ])('%s', async (_, record, status) => {
    const answer = await overviewOf(record)
    expect(answer.json.status).toBe(status)
    expect(answer.status).toBe(status === 'healthy' ? 200 : 503)
  })

  it.each(['missing', 'stale', 'unreachable for 11 s'] as const)('%s: what cannot be known is null', async (name) => {
    const { status, json } = await healthSeeing(STATES[name].reading)('/health')
    expect(status).toBe(503)
    expect(json).toMatchObject({ status: 'degraded', workersAlive: null, activeTasks: null, loadPct: null })
    expect(json).toMatchObject({ queueDepth: null, maxConcurrent: 100, queueCapacity: 1000 })
    expect(json.accepting).toEqual({ low: false, normal: false, high: false, critical: false })
    expect(json.admitting).toEqual({ low: 0, normal: 0, high: 0, critical: 0 })
  })
})

describe('admission', () => {
  it('normal takes all, degraded high and critical, emergency only critical', () => {
    const taken = MODES.map((mode) => PRIORITIES.filter((priority) => acceptingOf({ mode, issues: [] })[priority]))
    expect(taken).toEqual([PRIORITIES, ['high', 'critical'], ['critical']])
  })

  it.each(['paused', 'no_usable_provider', 'spend_limit=hour'])('%s: nothing is taken', (issue) => {
    for (const mode of MODES) expect(Object.values(acceptingOf({ mode, issues: [issue] }))).not.toContain(true)
  })

  it('shows the shares that the admitter uses, of the limit that is in force', async () => {
    for (const maxInFlight of [1, 3, 100])
      for (const mode of MODES) {
        const record = recordOf({ status: 'degraded', mode })
        const get = healthSeeing({ kind: 'record', record, readAt: NOON }, { settings: { maxInFlight } })
        const { admitting, accepting } = (await get('/health')).json
        for (const priority of PRIORITIES) {
          const share = Object(admitting)[priority]
          expect(share * maxInFlight).toBeCloseTo(capOf(maxInFlight, mode, priority), 9)
          if (Object(accepting)[priority]) expect(share).toBe(1)
        }
        const shares = PRIORITIES.map((priority) => Number(Object(admitting)[priority]))
        expect(shares).toEqual(shares.toSorted((a, b) => a - b))
      }
    const degraded = await overviewOf(recordOf({ status: 'degraded', mode: 'degraded' }))
    expect(degraded.json.admitting).toEqual({ low: 0.5, normal: 0.9, high: 1, critical: 1 })
    const paused = await overviewOf(recordOf({ status: 'not_ready', issues: ['paused'] }))
    expect(paused.json.admitting).toEqual({ low: 0, normal: 0, high: 0, critical: 0 })
  })

  it('is shown in the mode of the admission item, which the admitter reads, and not in that of the last sweep', async () => {
    const { control, ...item } = initialAdmission(['captchaai'])
    for (const swept of MODES)
      for (const mode of MODES) {
        const reading = { kind: 'record', record: recordOf({ status: 'degraded', mode: swept }), readAt: NOON } as const
        const get = healthSeeing(reading, { admission: { ...item, control: { ...control, mode } } })
        const { json } = await get('/health')
        const shares = PRIORITIES.map((priority) => [priority, capOf(100, mode, priority) / 100])
        expect(json).toMatchObject({ mode: swept, admitting: Object.fromEntries(shares) })
        expect(json.accepting).toEqual(acceptingOf({ mode, issues: [] }))
        const page = (await get('/status')).body
        expect(page.includes('up to 50 % of the places')).toBe(mode === 'degraded')
      }
  })

  it('never falls from low to critical, and says what the admitter does', async () => {
    for (const mode of MODES) {
      for (const issues of [[], ['consecutive_failures=12'], ['paused'], ['queue_full=1200']]) {
        const { json } = await overviewOf(recordOf({ status: 'not_ready', mode, issues }))
        const shown = Object.values(json.accepting as Record<Priority, boolean>)
        expect(shown).toEqual([...shown].sort())
        expect(json.accepting).toEqual(acceptingOf({ mode, issues }))
        if (!issues.includes('paused'))
          expect(shown).toEqual(PRIORITIES.map((priority) => acceptingOf({ mode, issues: [] })[priority]))
      }
    }
  })
})
