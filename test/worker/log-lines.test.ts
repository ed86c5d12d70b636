import { expect, it } from 'vitest'
import type { TaskStore } from '../../functions/core/ports.ts'
import type { TaskTransition } from '../../functions/core/task/lifecycle.ts'
import { readPingbackPath } from '../../functions/core/task/pingback-address.ts'
import type { ScriptedAnswers } from '../../sim/memory/provider.ts'
import { recaptcha, type SmallFleetOptions, smallFleet } from '../small-fleet.ts'

const TROUBLE = { class: 'transient', code: 'HTTP_502', message: 'bad gateway' } as const
const FUNDS = { class: 'funds', code: 'ERROR_ZERO_BALANCE', message: 'no money' } as const
const PAID = { attempt: expect.any(String), provider: 'captchaai', captchaId: '7000000000' }
const BOUGHT = { attempt: expect.any(String), provider: 'captchaai', milliseconds: 0 }

/** Fails the first `times` writes of this kind with an error of the SDK's kind. */
const failing =
  (kind: TaskTransition['kind'], times = 99) =>
  (real: TaskStore): TaskStore => {
    let left = times
    return {
      ...real,
      async apply(event) {
        if (event.kind === kind && left-- > 0)
          throw Object.assign(new Error('a secret'), { name: 'ThrottlingException' })
        return real.apply(event)
      },
    }
  }

interface Case {
  message: string
  where: string
  options: SmallFleetOptions
  line: [level: string, fields: object]
  /** Calls back once the first poll is due. */
  calls?: boolean
}
const refusedOnce = (refusal: typeof TROUBLE | typeof FUNDS): ScriptedAnswers => ({
  submit: (_, n) => (n === 0 ? { kind: 'refused', failure: refusal } : { kind: 'accept' }),
})
const pollOnce = (failure: typeof TROUBLE): ScriptedAnswers => ({
  result: (_, __, n) => (n === 0 ? { kind: 'failed', failure } : null),
})

const CASES: Case[] = [
  {
    message: 'submitted',
    where: 'a provider accepted the task',
    options: {},
    line: ['info', { ...PAID, milliseconds: 0 }],
  },
  {
    message: 'submit refused',
    where: 'a provider refused the task',
    options: { script: refusedOnce(FUNDS) },
    line: ['warn', { ...BOUGHT, class: 'funds', code: 'ERROR_ZERO_BALANCE' }],
  },
  {
    message: 'submit lost',
    where: 'no answer to a submit came',
    options: { script: { submit: (_, n) => ({ kind: n === 0 ? 'lose' : 'accept' }) } },
    line: ['warn', { ...BOUGHT, class: 'uncertain', code: 'TIMEOUT' }],
  },
  {
    message: 'submit answered with an HTTP error',
    where: 'a gateway answered a submit, with how many did so before',
    options: { script: { submit: (_, n) => ({ kind: n === 0 ? 'httpErrorCharged' : 'accept' }) } },
    line: ['warn', { ...BOUGHT, code: 'HTTP_502', before: 0 }],
  },
  {
    message: 'submit not recorded',
    where: 'the id of a paid task could not be written',
    options: { tasks: failing('submitted', 13) },
    line: ['error', { ...PAID, error: 'ThrottlingException' }],
  },
  {
    message: 'submit still not recorded',
    where: 'collect could not write it either',
    options: { tasks: failing('submitted', 14) },
    line: ['warn', { ...PAID, error: 'ThrottlingException' }],
  },
  {
    message: 'submit recorded late',
    where: 'collect wrote it',
    options: { tasks: failing('submitted', 13), script: { submit: () => ({ kind: 'accept', afterSeconds: 1 }) } },
    line: ['info', PAID],
  },
  {
    message: 'claim not confirmed',
    where: 'a claim was not answered',
    options: { tasks: failing('claim', 1) },
    line: ['error', { attempt: expect.any(String), error: 'ThrottlingException' }],
  },
  {
    message: 'claim not released',
    where: 'the release after a refusal was not answered',
    options: { tasks: failing('release', 1), script: refusedOnce(FUNDS) },
    line: ['error', { attempt: expect.any(String), error: 'ThrottlingException' }],
  },
  {
    message: 'HTTP error not counted',
    where: 'the release after an HTTP error was not answered',
    options: {
      tasks: failing('release', 1),
      script: { submit: (_, n) => ({ kind: n === 0 ? 'httpErrorCharged' : 'accept' }) },
    },
    line: ['error', { attempt: expect.any(String), error: 'ThrottlingException' }],
  },
  {
    message: 'lost submit not recorded',
    where: 'a lost answer could not be written down',
    options: {
      tasks: failing('lose', 1),
      script: { submit: (_, n) => ({ kind: n === 0 ? 'lose' : 'accept' }) },
    },
    line: ['error', { attempt: expect.any(String), error: 'ThrottlingException' }],
  },
  {
    message: 'poll failed',
    where: 'a poll was not answered, with what follows',
    options: { script: pollOnce(TROUBLE) },
    line: ['warn', { ...PAID, milliseconds: 0, class: 'transient', code: 'HTTP_502', next: 'pollAgain' }],
  },
  {
    message: 'task not settled, polled again',
    where: 'the settlement could not be written',
    options: { tasks: failing('settle', 60) },
    line: ['error', { error: 'ThrottlingException' }],
  },
  {
    message: 'outcome item not written',
    where: 'an invocation could not report what it did',
    options: {
      outcomes: (real) => {
        let left = 3
        return { ...real, write: (item) => (left-- > 0 ? Promise.reject(new TypeError('a secret')) : real.write(item)) }
      },
    },
    line: ['error', { invocation: 'invocation-1', error: 'TypeError' }],
  },
  {
    message: 'pingback',
    where: 'a callback was followed',
    options: { pingback: true },
    calls: true,
    line: ['info', { settled: true }],
  },
  {
    message: 'pingback not followed',
    where: 'a callback was believed and its settlement could not be written',
    options: { pingback: true, tasks: failing('settle', 60) },
    calls: true,
    line: ['error', { error: 'ThrottlingException' }],
  },
]

/** Fields that name the task are in every line but those of an invocation. */
const isOfInvocation = (message: string): boolean => message.startsWith('outcome item')

it.each(CASES)('“$message” is logged where $where', async ({ message, options, line: [level, fields], calls }) => {
  const fleet = smallFleet(options)
  const id = fleet.send(recaptcha())
  await fleet.submit()
  const [charge] = fleet.provider.ledger
  if (calls) {
    await fleet.clock.advance(13_000)
    const called = readPingbackPath(new URL(charge?.pingbackUrl ?? '').pathname)
    await fleet.pingback(called, charge?.captchaId ?? '', fleet.run())
  }
  await fleet.drain()
  const lines = fleet.lines.filter((line) => line.message === message)
  const expected = isOfInvocation(message) ? fields : { taskId: id, ...fields }
  expect(lines).toStrictEqual([{ level, message, fields: expected }])
  expect(JSON.stringify(fleet.lines)).not.toContain('a secret')
})
