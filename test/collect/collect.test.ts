import { describe, expect, it } from 'vitest'
import type { ResultAnswer } from '../../functions/core/provider/answers.ts'
import type { ProviderFailure } from '../../functions/core/provider/error-class.ts'
import { recaptcha, smallFleet } from '../small-fleet.ts'

const failed = (failure: Partial<ProviderFailure>): ResultAnswer => ({
  kind: 'failed',
  failure: { class: 'transient', code: 'HTTP_502', message: 'The provider could not answer.', ...failure },
})
const unsolvable = failed({ class: 'unsolvable', code: 'ERROR_CAPTCHA_UNSOLVABLE' })

describe('collect', () => {
  it('keeps the poll message of a task that is not ready, hidden until the next poll', async () => {
    const fleet = smallFleet()
    fleet.send(recaptcha())
    await fleet.submit()
    expect(fleet.queues.polls.counts()).toEqual({ visible: 0, hidden: 0, delayed: 1 })
    await fleet.clock.advance(11_000)
    expect(await fleet.collect()).toEqual([])
    await fleet.clock.advance(4000)
    fleet.provider.ledger.forEach((charge) => {
      charge.readyAt += 60_000
    })
    expect(await fleet.collect()).toHaveLength(1)
    expect(fleet.queues.polls.counts()).toEqual({ visible: 0, hidden: 1, delayed: 0 })
    await fleet.clock.advance(4900)
    expect(fleet.queues.polls.receive(1)).toEqual([])
    await fleet.clock.advance(100)
    expect(fleet.queues.polls.counts().visible).toBe(1)
  })

  it("tells a poll that was refused for the account's sake, with its code, and no other failed poll", async () => {
    let failure: Partial<ProviderFailure> = { class: 'transient' }
    const fleet = smallFleet({ script: { result: () => failed(failure) } })
    fleet.send(recaptcha())
    await fleet.submit()
    await fleet.clock.advance(15_000)
    await fleet.collect()
    const told = () => fleet.outcomes.all().flatMap(({ accountAnswers }) => Object.entries(accountAnswers))
    expect(told()).toMatchObject([['captchaai', { refusal: null }]])
    failure = { class: 'auth', code: 'KEY_MISSING' }
    await fleet.clock.advance(30_000)
    await fleet.collect()
    const refusal = { at: fleet.clock.now(), refusal: { class: 'auth', code: 'KEY_MISSING' } }
    expect(told().filter(([, answer]) => answer.refusal !== null)).toEqual([['captchaai', refusal]])
  })

  it('solver accepts and never solves: expires; one outcome (row 27)', async () => {
    const fleet = smallFleet({ script: { submit: () => ({ kind: 'accept', afterSeconds: 1e6 }) } })
    const id = fleet.send(recaptcha())
    await fleet.drain()
    expect(fleet.resultsOf(id)).toMatchObject([
      { status: 'expired', attempts: 1, error: { code: 'DEADLINE_EXCEEDED' }, captchaId: expect.any(String) },
    ])
    expect(fleet.total((o) => o.expiredSubmitted)).toBe(1)
    expect(fleet.total((o) => o.trailingFailures)).toBe(1)
    expect(fleet.total((o) => o.solved + o.failed + o.expiredWaiting)).toBe(0)
  })

  it('a task outlives its deadline, waiting: expired once, without a charge (row 16)', async () => {
    const fleet = smallFleet({ maxInFlight: 1 })
    fleet.send(recaptcha({ taskId: 'first', deadlineSeconds: 60 }))
    fleet.provider.submit = async () => ({
      kind: 'refused',
      failure: { class: 'capacity', code: 'ERROR_NO_SLOT_AVAILABLE', message: 'No free slot.' },
    })
    await fleet.drain()
    expect(fleet.provider.ledger).toHaveLength(0)
    expect(fleet.resultsOf('first')).toMatchObject([
      { status: 'expired', attempts: 0, error: { code: 'DEADLINE_EXCEEDED' } },
    ])
    expect(fleet.resultsOf('first')[0]).not.toHaveProperty('submittedAt')
    expect(fleet.total((o) => o.trailingFailures)).toBe(0)
    expect(fleet.total((o) => o.expiredWaiting)).toBe(1)
    const settledAt = Date.parse(fleet.resultsOf('first')[0]?.settledAt ?? '')
    expect(settledAt - Date.parse(fleet.resultsOf('first')[0]?.enqueuedAt ?? '')).toBeLessThan(65_000)
  })

  it('a task outlives its deadline while it is being solved: a late answer is recorded, not delivered (row 16)', async () => {
    const fleet = smallFleet({ script: { submit: () => ({ kind: 'accept', afterSeconds: 59 }) } })
    const id = fleet.send(recaptcha({ deadlineSeconds: 60 }))
    await fleet.submit()
    await fleet.clock.advance(70_000)
    await fleet.drain()
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'expired', attempts: 1 }])
    expect(fleet.total((o) => o.late)).toBe(1)
  })

  it('polls once more just before the deadline', async () => {
    const fleet = smallFleet({ script: { submit: () => ({ kind: 'accept', afterSeconds: 57.5 }) } })
    const id = fleet.send(recaptcha({ deadlineSeconds: 59 }))
    await fleet.drain()
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved' }])
  })

  it('the result would be unusable on arrival: usableUntil says so (row 17)', async () => {
    const fleet = smallFleet({ script: { submit: () => ({ kind: 'accept', afterSeconds: 1 }) } })
    const id = fleet.send(recaptcha())
    await fleet.submit()
    await fleet.clock.advance(15_000)
    fleet.queues.polls.receive(1)
    await fleet.clock.advance(200_000)
    await fleet.drain()
    const [result] = fleet.resultsOf(id)
    const usable = Date.parse(result?.usableUntil ?? '') - Date.parse(result?.settledAt ?? '')
    expect(result?.status).toBe('solved')
    expect(usable).toBeLessThanOrEqual(120_000)
    const image = smallFleet()
    const other = image.send({ method: 'base64', params: { body: 'aGk=' } })
    await image.drain()
    expect(image.resultsOf(other)[0]).toMatchObject({ status: 'solved' })
    expect(image.resultsOf(other)[0]).not.toHaveProperty('usableUntil')
  })

  it('re-submits an unsolvable task at most twice, then fails it, and explains every charge', async () => {
    const fleet = smallFleet({ script: { result: () => unsolvable } })
    const id = fleet.send(recaptcha({ deadlineSeconds: 3600 }))
    await fleet.drain()
    expect(fleet.provider.ledger).toHaveLength(3)
    expect(fleet.resultsOf(id)).toMatchObject([
      { status: 'failed', attempts: 3, error: { code: 'ERROR_CAPTCHA_UNSOLVABLE', class: 'unsolvable' } },
    ])
    expect(fleet.total((o) => o.resubmitted)).toBe(2)
    expect(fleet.total((o) => o.failedCharged)).toBe(1)
    expect(fleet.total((o) => o.counted)).toBe(1)
  })

  it('re-submits a task whose id was lost once, then fails it', async () => {
    const lost = failed({ class: 'unsolvable', code: 'ERROR_NO_SUCH_CAPCHA_ID', lostId: true })
    const fleet = smallFleet({ script: { result: () => lost } })
    const id = fleet.send(recaptcha({ deadlineSeconds: 3600 }))
    await fleet.drain()
    expect(fleet.provider.ledger).toHaveLength(2)
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'failed', attempts: 2, error: { class: 'unsolvable' } }])
  })

  it('fails a task by its own fault or an unknown code at once, with the code', async () => {
    for (const [kind, code] of [
      ['task', 'ERROR_BAD_PROXY'],
      ['unknown', 'ERROR_FULL_MOON'],
    ] as const) {
      const fleet = smallFleet({ script: { result: () => failed({ class: kind, code }) } })
      const id = fleet.send(recaptcha())
      await fleet.drain()
      expect(fleet.provider.ledger).toHaveLength(1)
      expect(fleet.resultsOf(id)).toMatchObject([{ status: 'failed', attempts: 1, error: { code, class: kind } }])
      expect(fleet.total((o) => o.counted)).toBe(kind === 'unknown' ? 1 : 0)
    }
  })

  it('goes on polling while the provider cannot answer, and solves the task when it can', async () => {
    const trouble = [
      failed({}),
      failed({ class: 'rate', code: 'HTTP_429', retryAfterSeconds: 20 }),
      failed({ class: 'auth', code: 'ERROR_KEY_DOES_NOT_EXIST' }),
    ]
    const fleet = smallFleet({ script: { result: (_id, _charge, n) => trouble[n] ?? null } })
    const id = fleet.send(recaptcha())
    await fleet.drain()
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved', attempts: 1 }])
    expect(fleet.provider.ledger).toHaveLength(1)
  })

  it('renews a poll message before the queue’s receive limit ends it', async () => {
    const fleet = smallFleet({ script: { submit: () => ({ kind: 'accept', afterSeconds: 3000 }) } })
    const id = fleet.send(recaptcha({ deadlineSeconds: 3600 }))
    await fleet.submit()
    for (const held of fleet.queues.polls.held.values()) held.receiveCount = 899
    await fleet.drain()
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved' }])
    expect(fleet.queues.deadLetters.held.size).toBe(0)
  })

  it('dead-letters a message that is no poll message, with its reason, and polls its neighbours', async () => {
    const fleet = smallFleet()
    const id = fleet.send(recaptcha())
    await fleet.submit()
    fleet.queues.polls.send({ body: '{"item":{"taskId":7}}' })
    await fleet.drain()
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved' }])
    const [letter] = [...fleet.queues.deadLetters.held.values()]
    expect(letter?.attributes).toMatchObject({
      source: 'polls',
      reason: expect.stringMatching(/^INVALID_POLL: .*attempt/),
    })
  })

  it('GeeTest answers are objects and arrive as they are, in the record too', async () => {
    const solution = { geetest_challenge: 'c', geetest_validate: 'v', geetest_seccode: 'v|jordan' }
    const fleet = smallFleet({ script: { submit: () => ({ kind: 'accept', answer: { kind: 'solved', solution } }) } })
    const id = fleet.send({
      method: 'geetest',
      pageurl: 'https://x.example.test',
      params: { gt: 'g', challenge: 'c' },
      reply: 'both',
    })
    await fleet.drain()
    expect(fleet.resultsOf(id)[0]?.solution).toEqual(solution)
    expect(fleet.store.items.get(id)).toMatchObject({ result: { solution } })
  })

  it('reply says where the result goes', async () => {
    const fleet = smallFleet()
    for (const reply of ['queue', 'record', 'both']) fleet.send(recaptcha({ taskId: reply, reply }))
    await fleet.drain()
    expect(
      fleet
        .results()
        .map((r) => r.taskId)
        .sort(),
    ).toEqual(['both', 'queue'])
    expect(fleet.store.items.get('record')).toMatchObject({ result: { solution: expect.any(String) } })
    expect(JSON.stringify(fleet.store.items.get('queue'))).not.toContain('solution of')
  })
})
