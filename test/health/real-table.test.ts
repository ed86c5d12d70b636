import { setImmediate as turnOfNetwork } from 'node:timers/promises'
import { expect, it, onTestFinished, vi } from 'vitest'
import { makeAdmissionStore } from '../../functions/adapters/dynamodb/admission-store.ts'
import { makeDynamoClient } from '../../functions/adapters/dynamodb/client.ts'
import { makeRecordStore } from '../../functions/adapters/dynamodb/record-store.ts'
import { systemClock } from '../../functions/adapters/system/clock.ts'
import type { ReadinessRecord } from '../../functions/core/record/record.ts'
import { READ_LIMITS } from '../../functions/health/record-cache.ts'
import { recordOf } from '../build/record.ts'
import { dynaliteEngine } from '../engines/dynalite.ts'
import { describeEngine } from '../engines/engine.ts'
import { type Fate, startFaultyProxy } from '../engines/faulty-proxy.ts'
import { createTable } from '../stores/table.ts'
import { healthReading } from './served-views.ts'

const storesIn = (table: Parameters<typeof makeRecordStore>[0]) => ({
  record: makeRecordStore(table),
  admission: makeAdmissionStore(table),
})

const FAULTS: [string, Fate][] = [
  ['never answers', { kind: 'hang', head: false }],
  ['begins to answer and never ends', { kind: 'hang', head: true }],
  ['ends the connection', { kind: 'cut', applied: false }],
  ['answers 500', { kind: 'answer', status: 500, body: '{}', applied: false }],
  [
    'throttles',
    { kind: 'answer', status: 400, body: '{"__type":"ProvisionedThroughputExceededException"}', applied: false },
  ],
  ['answers HTML', { kind: 'answer', status: 200, body: '<html>arn:aws:x</html>', applied: false }],
]

describeEngine(dynaliteEngine, (engine) => {
  /** Health over the real adapter, through a proxy that can fail; `later` moves its clock on. */
  async function healthBehindProxy(record: ReadinessRecord) {
    const { client: own, tableName } = await createTable(engine().endpoint)
    await makeRecordStore({ client: own, tableName }).write(record, null)
    const proxy = await startFaultyProxy(engine().endpoint)
    const client = makeDynamoClient({ ...READ_LIMITS, endpoint: proxy.endpoint })
    let moved = 0
    // From here on a timer runs only in `timed`, so that no busy machine is taken for a table that hangs.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds))
    const clock = { ...systemClock, now: () => Date.now() + moved, sleep }
    const { get } = healthReading(async () => storesIn({ client, tableName }), clock)
    /** The answer, and how many milliseconds of the timers passed until it came; the network has a turn every 10 ms of them. */
    const timed = async () => {
      let took = 0
      let answered = false
      const asked = get('/health/ready').finally(() => {
        answered = true
      })
      for (; !answered && took < 5000; took += 10) {
        await turnOfNetwork()
        await vi.advanceTimersByTimeAsync(10)
      }
      return { answer: await asked, took }
    }
    const stop = () => {
      client.destroy()
      own.destroy()
      return proxy.stop()
    }
    return { proxy, get, timed, stop, later: (milliseconds: number) => (moved += milliseconds) }
  }

  it.for(FAULTS)(
    'table unreadable or hanging: answered within 1 s from the last known record with its age, then unknown (row 35): it %s',
    async ([, fate]) => {
      const fleet = await healthBehindProxy(recordOf({ sweptAt: Date.now() - 7_000 }))
      expect(await fleet.get('/health/ready')).toMatchObject({ status: 200, json: { status: 'ready' } })

      fleet.proxy.fate = () => fate
      fleet.later(2_000)
      const known = await fleet.timed()
      expect(known.took).toBeLessThan(1000)
      expect(known.answer).toMatchObject({ status: 200, json: { status: 'ready' } })
      const { ageSeconds } = known.answer.json.evidence as { ageSeconds: number }
      expect(ageSeconds).toBeGreaterThanOrEqual(9)

      fleet.later(11_000)
      const lost = await fleet.timed()
      expect(lost.took).toBeLessThan(1000)
      expect(lost.answer).toMatchObject({ status: 503, json: { status: 'unknown', issues: ['record_unreadable'] } })
      expect(lost.answer.body).not.toMatch(/arn:|html|127\.0\.0\.1/)

      fleet.proxy.fate = () => ({ kind: 'pass' })
      fleet.later(2_000)
      expect((await fleet.get('/health/ready')).status).toBe(200)
      await fleet.stop()
    },
  )

  it('probe flood: no read per hit (row 43): 1,000 requests are one read of each of the two items', async () => {
    const fleet = await healthBehindProxy(recordOf({ sweptAt: Date.now() }))
    const answers = await Promise.all(Array.from({ length: 1000 }, () => fleet.get('/health/ready')))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(fleet.proxy.calls).toEqual(['GetItem', 'GetItem'])
    await fleet.stop()
  })
})
