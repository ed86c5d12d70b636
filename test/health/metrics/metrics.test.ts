import { describe, expect, it } from 'vitest'
import type { RecordReading } from '../../../functions/core/record/record.ts'
import { NOON } from '../../../sim/memory/clock.ts'
import { notReady } from '../../build/record.ts'
import { healthSeeing, type ServedOptions, STATES } from '../served-views.ts'
import { busyRecord, recordOfSolves } from './busy-record.ts'

const states = Object.entries(STATES)
const busy: RecordReading = { kind: 'record', record: busyRecord(), readAt: NOON }
const scrape = async (reading: RecordReading, options: ServedOptions = {}, accept = 'text/plain') =>
  healthSeeing(reading, options)('/metrics', { headers: { accept } })
/** The lines of a metric without its comments. */
const linesOf = (body: string, name: string): string[] =>
  body.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
const numberOf = (body: string, series: string): number | undefined => {
  const line = body.split('\n').find((each) => each.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}

describe.each(states)('metrics, record %s', (_, { reading, status }) => {
  it('one status and one mode are 1, and ready is 1 exactly where /health/ready is 200', async () => {
    const { body, headers } = await scrape(reading)
    const ready = await healthSeeing(reading)('/health/ready')
    expect(numberOf(body, 'lifesign_ready')).toBe(ready.status === 200 ? 1 : 0)
    expect(linesOf(body, 'lifesign_status').filter((line) => line.endsWith(' 1'))).toEqual([
      `lifesign_status{status="${status}"} 1`,
    ])
    expect(linesOf(body, 'lifesign_status')).toHaveLength(4)
    expect(linesOf(body, 'lifesign_mode').filter((line) => line.endsWith(' 1'))).toEqual([
      `lifesign_mode{mode="${headers['X-Service-Mode']}"} 1`,
    ])
    expect(linesOf(body, 'lifesign_mode')).toHaveLength(3)
  })

  it('are 503 exactly if the record is unreadable, and complete either way', async () => {
    const { status: code, body, headers } = await scrape(reading)
    const page = await healthSeeing(reading)('/status')
    expect(code).toBe(page.status)
    expect(headers['Content-Type']).toBe('text/plain; version=0.0.4; charset=utf-8')
    for (const name of new Set(body.match(/^lifesign_[a-z_]+/gm)))
      expect(body).toMatch(new RegExp(`^# HELP ${name.replace(/_(bucket|sum|count)$/, '')} .+\\.$`, 'm'))
  })

  it('tell nothing of the present load and of balances while nobody knows them', async () => {
    const { body } = await scrape(reading)
    const isKnown = status !== 'unknown'
    for (const name of ['lifesign_queue_waiting', 'lifesign_tasks_in_flight', 'lifesign_provider_balance_usd'])
      expect([name, linesOf(body, name).length > 0]).toEqual([name, isKnown])
  })
})

describe('metrics', () => {
  it('count tasks by outcome and class, and charges as the documents add them up', async () => {
    const { body } = await scrape(busy)
    expect(linesOf(body, 'lifesign_tasks_total')).toEqual([
      'lifesign_tasks_total{outcome="solved",class="none"} 90',
      'lifesign_tasks_total{outcome="expired",class="deadline"} 3',
      'lifesign_tasks_total{outcome="failed",class="unsolvable"} 5',
      'lifesign_tasks_total{outcome="failed",class="task"} 2',
    ])
    expect(numberOf(body, 'lifesign_charges_total')).toBe(90 + 5 + 2 + 3 + 1)
    expect(numberOf(body, 'lifesign_unknown_charges_total')).toBe(1)
    expect(numberOf(body, 'lifesign_last_solve_timestamp_seconds')).toBe(NOON / 1000 - 9.5)
  })

  it('give solve times as a cumulative histogram by method; methods that clients made up are one label', async () => {
    const { body } = await scrape(busy)
    const bucket = (method: string, le: string) =>
      numberOf(body, `lifesign_solve_seconds_bucket{le="${le}",method="${method}"}`)
    expect(['2', '5', '10', '15', '20', '300', '+Inf'].map((le) => bucket('userrecaptcha', le))).toEqual([
      0, 1, 3, 33, 53, 53, 54,
    ])
    expect(numberOf(body, 'lifesign_solve_seconds_count{method="userrecaptcha"}')).toBe(54)
    expect(['2', '5', '+Inf'].map((le) => bucket('other', le))).toEqual([2, 3, 3])
    expect(body).not.toMatch(/made up|another/)
  })

  it('give the sum of solve times by method in seconds, and say what it takes older solves for', async () => {
    const { body } = await scrape(busy)
    expect(linesOf(body, 'lifesign_solve_seconds_sum')).toEqual([
      'lifesign_solve_seconds_sum{method="userrecaptcha"} 1134.25',
      'lifesign_solve_seconds_sum{method="other"} 6.501',
    ])
    expect(body).toMatch(/^# HELP lifesign_solve_seconds .+ older than the sum .+\.$/m)
  })

  it('give an average solve time (sum by count) that the bounds of the same histogram allow', async () => {
    const { body } = await scrape({ kind: 'record', record: recordOfSolves(), readAt: NOON })
    const sums = [...body.matchAll(/^lifesign_solve_seconds_sum\{method="(\w+)"\} (\S+)$/gm)]
    expect(sums.map(([, method]) => method).sort()).toEqual(['hcaptcha', 'other', 'turnstile'])
    for (const [, method = '', sum] of sums) {
      const buckets = linesOf(body, 'lifesign_solve_seconds_bucket').filter((line) => line.includes(`"${method}"`))
      let [below, count, least, most] = [0, 0, 0, 0]
      for (const [, le = '', upTo = ''] of buckets.map((line) => line.match(/le="(.+?)".* (\d+)$/) ?? [])) {
        const bound = le === '+Inf' ? 400 : Number(le)
        least += (Number(upTo) - count) * below
        most += (Number(upTo) - count) * bound
        ;[below, count] = [bound, Number(upTo)]
      }
      expect(numberOf(body, `lifesign_solve_seconds_count{method="${method}"}`)).toBe(count)
      expect(Number(sum)).toBeGreaterThanOrEqual(least)
      expect(Number(sum)).toBeLessThanOrEqual(most)
      expect(most - least).toBeLessThan(Number(sum))
    }
  })

  it('have a balance for each provider whose balance is known, with the time at which it was read', async () => {
    const { body } = await scrape(busy)
    expect(linesOf(body, 'lifesign_provider_balance_usd')).toEqual([
      'lifesign_provider_balance_usd{provider="captchaai"} 12.5',
    ])
    expect(numberOf(body, 'lifesign_provider_balance_timestamp_seconds{provider="captchaai"}')).toBe(NOON / 1000 - 7)
    expect(numberOf(body, 'lifesign_provider_threads_free{provider="captchaai"}')).toBe(3)
  })

  it('have one series for each issue code, whatever the record says', async () => {
    const record = notReady({ issues: ['low_balance=$0.50', 'made_up="}\n1=3'] })
    const odd = await scrape({ kind: 'record', record, readAt: NOON })
    const plain = await scrape(STATES.ready.reading)
    const names = (body: string) => linesOf(body, 'lifesign_issue').map((line) => line.split(' ')[0])
    expect(names(odd.body)).toEqual(names(plain.body))
    expect(linesOf(odd.body, 'lifesign_issue').filter((line) => line.endsWith(' 1'))).toEqual([
      'lifesign_issue{code="low_balance"} 1',
    ])
  })

  it('are OpenMetrics for whoever prefers it, as Prometheus does, and text for everybody else', async () => {
    const prometheus =
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'
    const open = await scrape(busy, {}, prometheus)
    expect(open.headers['Content-Type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
    expect(open.body).toMatch(/^# TYPE lifesign_tasks counter$/m)
    expect(open.body).toContain('lifesign_tasks_total{outcome="solved",class="none"} 90')
    expect(open.body).toContain('lifesign_solve_seconds_sum{method="userrecaptcha"} 1134.25')
    expect(open.body.endsWith('\n# EOF\n')).toBe(true)
    for (const accept of ['*/*', '', 'text/html', 'text/plain', 'application/json', 'garbage'])
      expect((await scrape(busy, {}, accept)).headers['Content-Type']).toContain('text/plain; version=0.0.4')
  })

  it('are the same for every scrape of the same record, because nothing is counted in this process', async () => {
    const get = healthSeeing(busy)
    const first = await get('/metrics')
    await get('/health/ready')
    expect(await get('/metrics')).toEqual(first)
  })

  it('show those without the token state, codes, age and dependencies, and no number of tasks, load or money', async () => {
    const { body } = await scrape(busy, { token: 'right' })
    const names = new Set(body.match(/^lifesign_[a-z_]+/gm))
    expect([...names].sort()).toEqual([
      'lifesign_build_info',
      'lifesign_dependency_up',
      'lifesign_evidence_age_seconds',
      'lifesign_evidence_max_age_seconds',
      'lifesign_issue',
      'lifesign_mode',
      'lifesign_ready',
      'lifesign_status',
      'lifesign_warning',
    ])
  })
})
