import { describe, expect, it } from 'vitest'
import type { TaskStore } from '../../functions/core/ports.ts'
import type { ResultAnswer } from '../../functions/core/provider/answers.ts'
import type { SubmitFate } from '../../sim/memory/provider.ts'
import { recaptcha, type SmallFleetOptions, smallFleet } from '../small-fleet.ts'

const refuse = (kind: 'capacity' | 'rate' | 'transient', code: string): SubmitFate => ({
  kind: 'refused',
  failure: { class: kind, code, message: 'The provider said no.' },
})
const HTTP_502 = { class: 'transient', code: 'HTTP_502', message: 'bad gateway' } as const
const failing: ResultAnswer = { kind: 'failed', failure: HTTP_502 }

/** The error of the one task that is sent and expires. */
async function errorOf(options: SmallFleetOptions, task: Record<string, unknown> = {}) {
  const fleet = smallFleet(options)
  const id = fleet.send(recaptcha({ deadlineSeconds: 60, ...task }))
  await fleet.drain()
  const [result, ...more] = fleet.resultsOf(id)
  expect(more).toEqual([])
  expect(result?.status).toBe('expired')
  const { error } = result ?? {}
  if (error?.while !== undefined) expect(error.message).toContain(error.while)
  expect(fleet.store.items.get(id)).toMatchObject({ result: { error } })
  return error
}

describe('a task that expires says why it last waited', () => {
  it.each<[string, SubmitFate]>([
    ['HTTP_502 from captchaai', { kind: 'httpError', failure: HTTP_502 }],
    ['REFUSED from captchaai', refuse('transient', 'REFUSED')],
    ['capacity from captchaai', refuse('capacity', 'ERROR_ZERO_BALANCE')],
    ['MAX_USER_TURN from captchaai', refuse('rate', 'MAX_USER_TURN')],
  ])('%s', async (reason, fate) => {
    expect(await errorOf({ script: { submit: () => fate } })).toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      while: reason,
    })
  })

  it('the provider that was to be left alone, when no submit was tried', async () => {
    const fleet = smallFleet({ script: { submit: () => refuse('rate', 'MAX_USER_TURN') } })
    fleet.send(recaptcha())
    await fleet.submit()
    const id = fleet.send(recaptcha({ deadlineSeconds: 10 }))
    await fleet.submit()
    expect(fleet.provider.submits).toHaveLength(1)
    await fleet.drain()
    expect(fleet.resultsOf(id)).toMatchObject([{ error: { while: 'MAX_USER_TURN from captchaai' } }])
  })

  it.each(['hour', 'day'] as const)('the spend limit per %s', async (limit) => {
    const limits = limit === 'hour' ? { spendPerHour: 0 } : { spendPerDay: 0 }
    expect(await errorOf(limits)).toMatchObject({ while: `spend_limit=${limit}` })
  })

  it('the limit of tasks in flight', async () => {
    const script = { submit: () => ({ kind: 'accept', afterSeconds: 9999 }) as const }
    const fleet = smallFleet({ maxInFlight: 1, script })
    fleet.send(recaptcha({ deadlineSeconds: 600 }))
    await fleet.submit()
    const id = fleet.send(recaptcha({ deadlineSeconds: 60 }))
    await fleet.drain()
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'expired', error: { while: 'max_in_flight=1' } }])
  })

  it('the table, where it did not answer', async () => {
    const deaf = (real: TaskStore): TaskStore => ({
      ...real,
      apply: (event) => (event.kind === 'claim' ? Promise.reject(new Error('down')) : real.apply(event)),
    })
    expect(await errorOf({ tasks: deaf })).toMatchObject({ while: 'table_unreachable' })
  })

  it('the latest of several reasons', async () => {
    const script = {
      submit: (_: unknown, n: number) => (n < 1 ? refuse('capacity', 'OLD') : ({ kind: 'accept' } as const)),
    }
    const fleet = smallFleet({ script, spendPerHour: 1 })
    const id = fleet.send(recaptcha({ deadlineSeconds: 60 }))
    await fleet.submit()
    fleet.send(recaptcha())
    await fleet.submit()
    await fleet.drain()
    expect(fleet.resultsOf(id)).toMatchObject([{ error: { while: 'spend_limit=hour' } }])
  })
})

describe('a task that expires in flight says why the last poll did not help', () => {
  const never = { submit: () => ({ kind: 'accept', afterSeconds: 9999 }) as const }

  it('the poll that failed', async () => {
    const error = await errorOf({ script: { ...never, result: () => failing } })
    expect(error).toMatchObject({ while: 'HTTP_502 from captchaai' })
  })

  it('that it was still pending, also after an outage that is over', async () => {
    const pending = { while: 'CAPCHA_NOT_READY from captchaai' }
    expect(await errorOf({ script: never })).toMatchObject(pending)
    const script = { ...never, result: (_: string, __: unknown, n: number) => (n < 2 ? failing : null) }
    expect(await errorOf({ script })).toMatchObject(pending)
  })

  it('the last poll that failed, when the answer came after the deadline', async () => {
    const script = { result: (_: string, __: unknown, n: number) => (n < 4 ? failing : null) }
    const slow = { submit: () => ({ kind: 'accept', afterSeconds: 1 }) as const }
    const fleet = smallFleet({ script: { ...slow, ...script } })
    const id = fleet.send(recaptcha({ deadlineSeconds: 60 }))
    await fleet.submit()
    for (let i = 0; i < 50; i += 1) {
      await fleet.clock.advance(1000)
      await fleet.collect()
    }
    await fleet.clock.advance(20_000)
    await fleet.drain()
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'expired', error: { while: 'HTTP_502 from captchaai' } }])
  })

  it('that nobody could solve it, when it waited for another submit', async () => {
    const unsolvable = { class: 'unsolvable', code: 'ERROR_CAPTCHA_UNSOLVABLE', message: 'nobody could' } as const
    const answer = { kind: 'failed', failure: unsolvable } as const
    const fleet = smallFleet({
      spendPerHour: 1,
      script: { submit: () => ({ kind: 'accept', answer, afterSeconds: 1 }) },
    })
    const id = fleet.send(recaptcha({ deadlineSeconds: 60 }))
    await fleet.submit()
    await fleet.clock.advance(16_000)
    await fleet.collect()
    const [copy] = fleet.queues.tasks.held.values()
    expect(copy?.attributes.while).toBe('ERROR_CAPTCHA_UNSOLVABLE from captchaai')
    await fleet.drain()
    expect(fleet.resultsOf(id)).toMatchObject([
      { status: 'expired', attempts: 1, error: { while: 'spend_limit=hour' } },
    ])
  })
})
