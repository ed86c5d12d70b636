import { providersOf } from '../../functions/contract/providers.ts'
import type { Admission } from '../../functions/core/admission/item/admission.ts'
import type { Clock, HistoryStore } from '../../functions/core/ports.ts'
import type { DeepRun } from '../../functions/core/record/deep-run.ts'
import type { ReadinessRecord, RecordReading } from '../../functions/core/record/record.ts'
import type { Deep } from '../../functions/health/deep/deep.ts'
import { makeHealth } from '../../functions/health/health.ts'
import { makeHistoryCache } from '../../functions/health/history-cache.ts'
import type { HealthResponse } from '../../functions/health/http.ts'
import { type HealthStores, makeRecordCache } from '../../functions/health/record-cache.ts'
import type { HealthSettings } from '../../functions/health/settings.ts'
import { makeTokenCheck, type TokenCheck } from '../../functions/health/token-check.ts'
import { memoryAdmissionStore } from '../../sim/memory/admission-store.ts'
import { memoryClock } from '../../sim/memory/clock.ts'
import { memoryHistoryStore } from '../../sim/memory/history-store.ts'
import { memoryRecordStore } from '../../sim/memory/record-store.ts'
import { healthSettings, notReady, recordOf } from '../build/record.ts'

export interface ServedOptions {
  settings?: Partial<HealthSettings>
  backup?: boolean
  /** In the local stage. */
  token?: string
  /** In its place: who may see everything. */
  access?: TokenCheck
  fraction?: number
  /** What stands behind /health/deep; nothing was ever run unless given. */
  deep?: Deep
  /** What the last deep run found; there was none unless given. */
  lastRun?: () => Promise<DeepRun | null>
  /** The admission item that is read beside the record. Absent: there is none. */
  admission?: Admission
  /** Where the finished hours and days are stored. */
  stored?: Pick<HistoryStore, 'list'>
}

type Body = Record<string, unknown>
export interface ServedAnswer extends HealthResponse {
  json: Body
}
export type Get = (
  path: string,
  more?: { method?: string; headers?: Record<string, string>; body?: string },
) => Promise<ServedAnswer>

const answerOf = (response: HealthResponse): ServedAnswer => ({
  ...response,
  json: /json/.test(response.headers['Content-Type'] ?? '') && response.body !== '' ? JSON.parse(response.body) : {},
})

/** The health function at noon, over a look that is given. */
export function healthSeeing(reading: RecordReading, options: ServedOptions = {}): Get {
  const clock = memoryClock()
  const milliseconds = reading.kind === 'unreachable' ? null : 3
  const cached = Promise.resolve({ reading, admission: options.admission ?? null, milliseconds })
  return healthWith(() => cached, clock, options)
}

/** The health function over the in-memory store, on a clock that the test moves. */
export function healthOver(record: ReadinessRecord | null, options: ServedOptions = {}) {
  const clock = memoryClock()
  const store = memoryRecordStore(record)
  let reads = 0
  let answers: 'answer' | 'hang' | 'throw' = 'answer'
  const read = async () => {
    reads += 1
    if (answers === 'throw') throw new Error('connect ECONNREFUSED 10.0.0.1 arn:aws:dynamodb:us-east-1:1:table/x')
    if (answers === 'hang') return new Promise<never>(() => {})
    return store.read()
  }
  const { admission } = options
  const admissions = memoryAdmissionStore(admission === undefined ? undefined : { kind: 'admission', admission })
  const stores = { record: { ...store, read }, admission: admissions }
  const look = makeRecordCache({ load: async () => stores, clock, ticks: clock.now, log: () => {} })
  return {
    get: healthWith(look, clock, options),
    clock,
    store,
    admissions,
    reads: () => reads,
    table: (now: typeof answers) => {
      answers = now
    },
  }
}

/** The health function over any store and clock. */
export const healthReading = (load: () => Promise<HealthStores>, clock: Clock, options: ServedOptions = {}) => ({
  get: healthWith(makeRecordCache({ load, clock, ticks: clock.now, log: () => {} }), clock, options),
})

type CachedReading = Parameters<typeof makeHealth>[0]['look']

const onThisMachine = (configured: string | undefined): TokenCheck =>
  makeTokenCheck({ stage: 'local', configured, stored: async () => null })

function healthWith(look: CachedReading, clock: Clock, options: ServedOptions): Get {
  const {
    settings,
    backup = false,
    token,
    access = onThisMachine(token),
    fraction = 0.5,
    deep = neverRun,
    lastRun = async () => null,
  } = options
  const { stored = memoryHistoryStore() } = options
  const history = makeHistoryCache({ load: async () => stored, clock, ticks: clock.now, log: () => {} })
  const self = {
    settings: healthSettings(settings),
    providers: providersOf('captchaai', backup),
    version: '1.2.3',
    uptimeMs: () => 1234,
  }
  const health = makeHealth(
    { look, history, access, deep, lastRun, clock, ids: { fraction: () => fraction }, log: () => {} },
    self,
  )
  return async (path, { method = 'GET', headers = {}, body = '' } = {}) =>
    answerOf(await health({ method, path, headers, body, caller: '203.0.113.7 test' }))
}

const neverRun: Deep = async () => ({ kind: 'run', run: null })

const at = memoryClock().now()
const readingOf = (record: ReadinessRecord): RecordReading => ({ kind: 'record', record, readAt: at })
const unreachable = (seconds: number, last: ReadinessRecord | null): RecordReading => ({
  kind: 'unreachable',
  failingSince: at - seconds * 1000,
  last,
  readAt: at,
})

/** Every state in which the record may be found, and what is to be shown of it. */
export const STATES = {
  ready: { reading: readingOf(recordOf()), status: 'ready' },
  starting: { reading: readingOf(recordOf({ warnings: ['starting'], evidence: { minutes: [] } })), status: 'ready' },
  degraded: {
    reading: readingOf(recordOf({ status: 'degraded', mode: 'degraded', evidence: { errorRate: 0.3 } })),
    status: 'degraded',
  },
  'not ready': { reading: readingOf(notReady()), status: 'not_ready' },
  'just swept': { reading: readingOf(recordOf({ sweptAt: at })), status: 'ready' },
  'as old as may be': { reading: readingOf(recordOf({ sweptAt: at - 180_000 })), status: 'ready' },
  stale: { reading: readingOf(recordOf({ sweptAt: at - 190_000 })), status: 'unknown' },
  'ahead by the clocks’ tolerance': { reading: readingOf(recordOf({ sweptAt: at + 2_000 })), status: 'ready' },
  'from the future': { reading: readingOf(recordOf({ sweptAt: at + 3_600_000 })), status: 'unknown' },
  missing: { reading: { kind: 'missing', readAt: at }, status: 'unknown' },
  corrupt: { reading: { kind: 'unreadable', why: 'corrupt: evidence.queue', readAt: at }, status: 'unknown' },
  'of another schema': { reading: { kind: 'unreadable', why: 'schema 0', readAt: at }, status: 'unknown' },
  'unreachable for 9 s': { reading: unreachable(9, recordOf()), status: 'ready' },
  'unreachable for 9 s, not ready before': { reading: unreachable(9, notReady()), status: 'not_ready' },
  'unreachable for 11 s': { reading: unreachable(11, recordOf()), status: 'unknown' },
  'unreachable and never read': { reading: unreachable(0, null), status: 'unknown' },
} as const satisfies Record<string, { reading: RecordReading; status: string }>
