import { describe, expect, it } from 'vitest'
import { notReady, recordOf } from '../build/record.ts'
import { healthOver, type ServedAnswer } from './served-views.ts'

type Fleet = ReturnType<typeof healthOver>

/** The answer, and how many milliseconds of the clock it took. */
async function timed(fleet: Fleet, path = '/health/ready'): Promise<{ answer: ServedAnswer; took: number }> {
  const began = fleet.clock.now()
  let got: { answer: ServedAnswer; took: number } | undefined
  void fleet.get(path).then((answer) => {
    got = { answer, took: fleet.clock.now() - began }
  })
  await fleet.clock.advance(0)
  for (let step = 0; got === undefined && step < 500; step += 1) await fleet.clock.advance(10)
  if (got === undefined) throw new Error('no answer within 5 s')
  return got
}

describe('probe flood: bounded concurrency, cached record, no read per hit, submit unaffected (row 43, the reads)', () => {
  it('1,000 requests at once make one read', async () => {
    const fleet = healthOver(recordOf())
    const answers = await Promise.all(Array.from({ length: 1000 }, () => fleet.get('/health/ready')))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(fleet.reads()).toBe(1)
  })

  it('1,000 requests over 1.5 s make two reads', async () => {
    const fleet = healthOver(recordOf())
    for (let hit = 0; hit < 1000; hit += 1) {
      await fleet.get('/health/ready')
      fleet.clock.set(fleet.clock.now() + 1.5)
    }
    expect(fleet.reads()).toBe(2)
  })

  it('1,000 requests while the table hangs wait for one read, those after it for none', async () => {
    const fleet = healthOver(recordOf())
    fleet.table('hang')
    const flood = Promise.all(Array.from({ length: 1000 }, () => fleet.get('/health/ready')))
    await fleet.clock.advance(0)
    await fleet.clock.advance(900)
    await flood
    expect(fleet.reads()).toBe(1)
    expect((await timed(fleet)).took).toBe(0)
    expect(fleet.reads()).toBe(1)
  })

  it('shows a new record after a second', async () => {
    const fleet = healthOver(recordOf())
    expect((await fleet.get('/health/ready')).status).toBe(200)
    await fleet.store.write(notReady({ version: 42 }), 41)
    await fleet.clock.advance(999)
    expect((await fleet.get('/health/ready')).status).toBe(200)
    await fleet.clock.advance(1)
    expect((await fleet.get('/health/ready')).status).toBe(503)
  })
})

describe('table unreadable or hanging: answered within 1 s from the last known record with its age, then unknown (row 35)', () => {
  it.each(['hang', 'throw'] as const)('a table that does %s', async (how) => {
    const fleet = healthOver(recordOf())
    const started = fleet.clock.now()
    await fleet.get('/health/ready')
    fleet.table(how)
    const ages = []
    for (const seconds of [1, 3, 6, 9]) {
      await fleet.clock.advance(seconds * 1000 - (fleet.clock.now() - started))
      const { answer, took } = await timed(fleet)
      expect(took).toBeLessThan(1000)
      expect(answer.status).toBe(200)
      ages.push((answer.json.evidence as { ageSeconds: number }).ageSeconds)
    }
    expect(ages).toEqual([...ages].sort((a, b) => a - b))
    expect(ages.at(-1)).toBeGreaterThan(ages[0] ?? 0)
    await fleet.clock.advance(5000)
    const { answer, took } = await timed(fleet)
    expect(took).toBeLessThan(1000)
    expect(answer.status).toBe(503)
    expect(answer.json).toMatchObject({ status: 'unknown', issues: ['record_unreadable'] })
    expect(answer.json.evidence).toMatchObject({ sweptAt: '2026-11-21T11:59:53.000Z' })
  })

  it('unknown from the first moment where no record was ever read, and within 1 s', async () => {
    for (const how of ['hang', 'throw'] as const) {
      const fleet = healthOver(recordOf())
      fleet.table(how)
      const { answer, took } = await timed(fleet)
      expect(took).toBeLessThan(1000)
      expect(answer).toMatchObject({ status: 503, json: { status: 'unknown' } })
    }
  })

  it('comes back with the first read that succeeds, and starts to count anew', async () => {
    const fleet = healthOver(recordOf())
    await fleet.get('/health/ready')
    fleet.table('throw')
    await fleet.clock.advance(2000)
    await fleet.get('/health/ready')
    await fleet.clock.advance(12_000)
    expect((await fleet.get('/health/ready')).status).toBe(503)
    fleet.table('answer')
    await fleet.clock.advance(1000)
    expect((await fleet.get('/health/ready')).status).toBe(200)
    fleet.table('throw')
    await fleet.clock.advance(9000)
    expect((await fleet.get('/health/ready')).status).toBe(200)
  })

  it('a record that was gone or corrupt when last read is not shown again', async () => {
    const fleet = healthOver(recordOf())
    await fleet.get('/health/ready')
    fleet.store.corrupt('corrupt: evidence')
    await fleet.clock.advance(1000)
    expect((await fleet.get('/health/ready')).status).toBe(503)
    fleet.table('throw')
    await fleet.clock.advance(1000)
    expect((await fleet.get('/health/ready')).json.status).toBe('unknown')
  })

  it('names no address of the table to anybody', async () => {
    const fleet = healthOver(recordOf())
    fleet.table('throw')
    for (const path of ['/health/ready', '/health/dependencies', '/health/dependencies/table', '/health']) {
      expect((await fleet.get(path)).body).not.toMatch(/arn:|10\.0\.0\.1|ECONNREFUSED/)
    }
  })
})
