import { describe, expect, it } from 'vitest'
import { makeHealth } from '../../functions/health/health.ts'
import { makeSameMillisecond } from '../../functions/health/same-millisecond.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import { healthSettings, notReady } from '../build/record.ts'
import { healthSeeing } from './served-views.ts'

const look = () => ({ reading: { kind: 'missing', readAt: NOON } as const, admission: null, milliseconds: 3 })

describe('an answer is made once for the same question in the same millisecond', () => {
  it('and anew for another question, in the next millisecond, and for another reading', () => {
    const same = makeSameMillisecond<number>()
    const [first, second] = [look(), look()]
    let made = 0
    const ask = (found: typeof first, now: number, asked: string) => same(found, now, asked, () => ++made)
    expect([ask(first, NOON, 'a'), ask(first, NOON, 'a'), ask(first, NOON, 'b'), ask(first, NOON, 'a')]).toEqual([
      1, 1, 2, 1,
    ])
    expect([ask(first, NOON + 1, 'a'), ask(first, NOON + 1, 'a'), ask(second, NOON + 1, 'a')]).toEqual([3, 3, 4])
    expect(ask(first, NOON, 'a'), 'a clock that was set back').toBe(5)
  })

  it('the format, the token, the method and the path belong to the question', async () => {
    const get = healthSeeing({ kind: 'record', record: notReady(), readAt: NOON }, { token: 'letters-and-digits' })
    const authorization = 'Bearer letters-and-digits'
    const asked = [
      { path: '/health/ready', headers: {} },
      { path: '/health/ready', headers: { accept: 'text/plain' } },
      { path: '/health/ready', headers: { authorization } },
      { path: '/health/ready', headers: {}, method: 'HEAD' },
      { path: '/health', headers: {} },
    ]
    const answers = await Promise.all(asked.map(({ path, ...more }) => get(path, more)))
    const [json, text, full, head, overview] = answers.map(({ body }) => body)
    expect(text).toContain('[-]ready not_ready')
    expect(JSON.parse(full ?? '')).toHaveProperty('thresholds')
    expect(JSON.parse(json ?? '')).not.toHaveProperty('thresholds')
    expect(head).toBe('')
    expect(JSON.parse(overview ?? '').status).toBe('degraded')
  })

  it('a caller without a token is judged once for that millisecond, each caller with one by itself', async () => {
    const judged: (string | undefined)[] = []
    const access = async (authorization: string | undefined) => {
      judged.push(authorization)
      return authorization === 'Bearer right' ? 'right' : 'none'
    }
    const get = healthSeeing({ kind: 'record', record: notReady(), readAt: NOON }, { access })
    const asked = [undefined, 'Bearer right', undefined, 'Bearer right', 'Bearer wrong', undefined]
    const answers = await Promise.all(
      asked.map((authorization) =>
        get('/health/ready', authorization === undefined ? {} : { headers: { authorization } }),
      ),
    )
    expect(judged).toEqual([undefined, 'Bearer right', 'Bearer right', 'Bearer wrong'])
    expect(answers.map(({ json }) => 'thresholds' in json)).toEqual([false, true, false, true, false, false])
  })

  it('Retry-After is spread anew for each of a thousand that are refused in one millisecond', async () => {
    const found = Promise.resolve(look())
    let drawn = 0
    const fraction = () => (drawn++ % 100) / 100
    const health = makeHealth(
      {
        look: () => found,
        history: async () => null,
        access: async () => 'none',
        deep: async () => ({ kind: 'badRequest' }),
        lastRun: async () => null,
        clock: memoryClock(),
        ids: { fraction },
        log: () => {},
      },
      { settings: healthSettings({ sweepSeconds: 60 }), providers: ['captchaai'], version: '1', uptimeMs: () => 0 },
    )
    const request = { method: 'GET', path: '/health/ready', headers: {}, body: '', caller: '' }
    const answers = await Promise.all(Array.from({ length: 1000 }, () => health(request)))
    expect(drawn).toBe(1000)
    expect(new Set(answers.map(({ headers }) => headers['Retry-After'])).size).toBeGreaterThan(20)
  })
})
