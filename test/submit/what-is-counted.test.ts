import { describe, expect, it } from 'vitest'
import { initialAdmission, initialProvider } from '../../functions/core/admission/item/initial.ts'
import type { TaskStore } from '../../functions/core/ports.ts'
import type { TaskTransition } from '../../functions/core/task/lifecycle.ts'
import { NOON } from '../../sim/memory/clock.ts'
import { recaptcha, type SmallFleetOptions, smallFleet } from '../small-fleet.ts'

type SmallFleet = ReturnType<typeof smallFleet>

/** What an outcome item holds beside zeros, empty lists and nulls. */
function counted(fleet: SmallFleet, n = 0) {
  const { at: _, ...item } = fleet.outcomes.all()[n] ?? {}
  const isSomething = (value: unknown) =>
    value !== 0 && value !== null && (typeof value !== 'object' || Object.keys(value).length > 0)
  return Object.fromEntries(Object.entries(item).filter(([, value]) => isSomething(value)))
}
const OF_SUBMIT = { invocation: 'invocation-1', worker: 'w-submit', function: 'submit' }
const refusing = (failure: { class: 'capacity' | 'funds' | 'task'; code: string }): SmallFleetOptions => ({
  script: { submit: () => ({ kind: 'refused', failure: { ...failure, message: 'No.' } }) },
})
const failing =
  (...kinds: (TaskTransition['kind'] | 'read')[]) =>
  (real: TaskStore): TaskStore => ({
    apply: (event) => (kinds.includes(event.kind) ? Promise.reject(new Error('down')) : real.apply(event)),
    read: (taskId) => (kinds.includes('read') ? Promise.reject(new Error('down')) : real.read(taskId)),
  })
const PARKED = { received: 1, parked: 1, oldestParkedAt: NOON }
const SUBMIT_LOST = { refusedByClass: { uncertain: 1 }, lost: { captchaai: 1 } }

describe('the outcome item of one submit batch', () => {
  it.each<[string, SmallFleetOptions, object]>([
    [
      'a task that was bought',
      {},
      { accepted: 1, lastWorkingSubmitAt: NOON, accountAnswers: { captchaai: { at: NOON, refusal: null } } },
    ],
    [
      'a task that found no free thread',
      refusing({ class: 'capacity', code: 'ERROR_NO_SLOT_AVAILABLE' }),
      { ...PARKED, refusedByClass: { capacity: 1 } },
    ],
    [
      'a refusal that is about the account',
      refusing({ class: 'funds', code: 'ERROR_ZERO_BALANCE' }),
      {
        ...PARKED,
        refusedByClass: { funds: 1 },
        accountAnswers: { captchaai: { at: NOON, refusal: { class: 'funds', code: 'ERROR_ZERO_BALANCE' } } },
        changes: [
          { at: NOON, provider: 'captchaai', what: 'hold', from: 'none', to: 'funds', cause: 'ERROR_ZERO_BALANCE' },
        ],
      },
    ],
    [
      'a refusal that is about the task',
      refusing({ class: 'task', code: 'ERROR_GOOGLEKEY' }),
      {
        refusedByClass: { task: 1 },
        lastWorkingSubmitAt: NOON,
        failed: 1,
        failedByClass: { task: 1 },
        lastClientErrorAt: NOON,
      },
    ],
    [
      'an HTTP error',
      { script: { submit: () => ({ kind: 'httpErrorCharged' }) } },
      { ...PARKED, refusedByClass: { transient: 1 }, lost: { captchaai: 1 } },
    ],
    ['an answer that was lost', { script: { submit: () => ({ kind: 'lose' }) } }, { ...PARKED, ...SUBMIT_LOST }],
    [
      'an answer that was lost where nothing may be bought again',
      { rebuyUnknown: 0, script: { submit: () => ({ kind: 'lose' }) } },
      {
        ...SUBMIT_LOST,
        failed: 1,
        unknown: 1,
        counted: 1,
        failedByClass: { uncertain: 1 },
        trailingFailures: 1,
        trailingTransport: 1,
        lastFailureAt: NOON,
      },
    ],
    ['a claim that was not answered', { tasks: failing('claim') }, { ...PARKED, faults: 1 }],
    ['no room for it', { maxInFlight: 0 }, PARKED],
  ])('of %s counts just that', async (_, options, expected) => {
    const fleet = smallFleet(options)
    fleet.send(recaptcha())
    await fleet.submit()
    expect(fleet.outcomes.all()).toHaveLength(1)
    expect(counted(fleet)).toEqual({ ...OF_SUBMIT, received: 1, ...expected })
  })

  it('of a message that is no task counts one client error and one dead letter, and no task', async () => {
    const fleet = smallFleet()
    const id = fleet.send('no JSON')
    expect(await fleet.submit()).toEqual([])
    expect(counted(fleet)).toEqual({ ...OF_SUBMIT, invalid: 1, deadLettered: 1, lastClientErrorAt: NOON })
    const problems = 'the body is not JSON'
    expect(fleet.lines).toEqual([
      { level: 'warn', message: 'invalid task', fields: { taskId: id, problems: expect.stringContaining(problems) } },
    ])
    expect([...fleet.queues.deadLetters.held.values()]).toMatchObject([
      {
        body: 'no JSON',
        attributes: { taskId: id, source: 'tasks', detail: '1 problem(s), received 1 time(s), parked 0 time(s)' },
      },
    ])
  })

  it('of an invalid message tells its client of the whole message: since when it is there, and every problem', async () => {
    const fleet = smallFleet()
    const task = { taskId: 'bad', proxytype: 'FTP', priority: 'soon', deadlineSeconds: 9, reply: 'all' }
    fleet.send(recaptcha(task), { enqueuedAt: String(NOON - 61_300), parks: '4', origin: 'first', while: 'paused' })
    expect(await fleet.submit()).toEqual([])
    const problems = [
      'proxytype must be one of HTTP, HTTPS, SOCKS4, SOCKS5',
      'priority must be one of low, normal, high, critical',
      'deadlineSeconds must be at least 10',
      'reply must be one of queue, record, both',
    ]
    const [enqueuedAt, settledAt] = [new Date(NOON - 61_300).toISOString(), new Date(NOON).toISOString()]
    const error = { code: 'INVALID_TASK', class: 'invalid', message: problems.join('; ') }
    expect(fleet.results()).toEqual([{ taskId: 'bad', status: 'failed', error, attempts: 0, enqueuedAt, settledAt }])
    expect([...fleet.queues.deadLetters.held.values()].map(({ attributes }) => attributes)).toEqual([
      {
        ...{ taskId: 'bad', enqueuedAt: String(NOON - 61_300), parks: '4', origin: 'first', source: 'tasks' },
        ...{ reason: `INVALID_TASK: ${problems.join('; ')}`, firstSeen: enqueuedAt },
        detail: '4 problem(s), received 1 time(s), parked 4 time(s)',
      },
    ])
  })

  it('that begins the probe of an open breaker tells of that change, and logs it', async () => {
    const first = initialAdmission(['captchaai'])
    const { captchaai = initialProvider } = first.control.providers
    const times = { since: NOON - 20_000, until: NOON - 10_000, seconds: 10 }
    const breaker = { state: 'open', ...times, cause: 'HTTP_502' } as const
    const providers = { captchaai: { ...captchaai, breaker } }
    const control = { ...first.control, providers }
    const fleet = smallFleet({ admission: { kind: 'admission', admission: { ...first, control } } })
    fleet.send(recaptcha())
    await fleet.submit()
    const change = { provider: 'captchaai', what: 'breaker', from: 'open', to: 'half_open' }
    const cause = 'one probe may be sent'
    expect(fleet.outcomes.all()).toMatchObject([{ accepted: 1, changes: [{ at: NOON, ...change, cause }] }])
    expect(fleet.lines.filter(({ message }) => message === 'fleet changed')).toEqual([
      { level: 'warn', message: 'fleet changed', fields: { ...change, cause } },
    ])
  })

  it('of a duplicate and of another task under the same id counts each as what it is', async () => {
    const fleet = smallFleet()
    fleet.send(recaptcha({ taskId: 'a' }))
    await fleet.submit()
    await fleet.clock.advance(1000)
    fleet.send(recaptcha({ taskId: 'a' }))
    fleet.send(recaptcha({ taskId: 'a', sitekey: 'other' }))
    await fleet.submit()
    const at = NOON + 1000
    expect(counted(fleet, 1)).toMatchObject({ received: 2, duplicates: 1, invalid: 1, lastClientErrorAt: at })
    expect(fleet.resultsOf('a')).toEqual([
      {
        taskId: 'a',
        status: 'failed',
        attempts: 0,
        enqueuedAt: new Date(at).toISOString(),
        settledAt: new Date(at).toISOString(),
        error: {
          code: 'TASK_ID_REUSED',
          class: 'invalid',
          message: 'Another task was sent under this taskId before; this one was not solved. Use a new taskId.',
        },
      },
    ])
    expect(fleet.total(({ accepted }) => accepted)).toBe(1)
  })

  it('of a duplicate of a settled task counts no second settlement', async () => {
    const fleet = smallFleet()
    fleet.send(recaptcha({ taskId: 'a', reply: 'both' }))
    await fleet.drain()
    fleet.send(recaptcha({ taskId: 'a', reply: 'both' }))
    await fleet.submit()
    const last = fleet.outcomes.all().length - 1
    expect(counted(fleet, last)).toEqual({
      ...OF_SUBMIT,
      invocation: expect.any(String),
      received: 1,
      duplicates: 1,
    })
  })

  it('of a task that expired while it waited counts that and no charge', async () => {
    const fleet = smallFleet()
    fleet.send(recaptcha({ deadlineSeconds: 60 }), { enqueuedAt: String(NOON - 60_000) })
    await fleet.submit()
    expect(counted(fleet)).toEqual({ ...OF_SUBMIT, received: 1, expiredWaiting: 1 })
  })

  it('of a task whose poll message was not sent counts the charge and a fault, and the message stays', async () => {
    const fleet = smallFleet({ sender: () => ({ send: async (_, messages) => messages.map(() => false) }) })
    const id = fleet.send(recaptcha())
    expect(await fleet.submit()).toEqual([id])
    expect(counted(fleet)).toMatchObject({ received: 1, accepted: 1, faults: 1 })
    expect(counted(fleet)).not.toHaveProperty('deadLettered')
  })

  it('of the last receive of a task that cannot be handled counts the fault and the dead letter', async () => {
    const fleet = smallFleet({
      sender: (real) => ({
        send: async (queue, messages) =>
          queue === 'deadLetters' ? real.send(queue, messages) : messages.map(() => false),
      }),
    })
    fleet.send(recaptcha({ deadlineSeconds: 3600 }))
    for (let n = 0; n < 10; n += 1) {
      await fleet.submit()
      await fleet.clock.advance(120_000)
    }
    expect(fleet.total(({ faults }) => faults)).toBe(10)
    expect(fleet.total(({ deadLettered }) => deadLettered)).toBe(1)
    const [letter] = fleet.queues.deadLetters.held.values()
    expect(letter?.attributes).toMatchObject({
      reason: 'FAILED_REPEATEDLY: could not be handled in 10 receives',
      detail: '1 problem(s), received 10 time(s), parked 0 time(s)',
    })
  })
})

describe('a table that does not answer', () => {
  it('about a redelivered task that has no room: the task is parked with that reason, and it is a fault', async () => {
    const fleet = smallFleet({ maxInFlight: 0, tasks: failing('read') })
    const id = fleet.send(recaptcha())
    await fleet.submit({ keep: true })
    for (const [key] of fleet.queues.tasks.held) if (key !== id) fleet.queues.tasks.held.delete(key)
    await fleet.clock.advance(120_000)
    await fleet.submit()
    expect(counted(fleet, 1)).toMatchObject({ received: 1, faults: 1, parked: 1, oldestParkedAt: NOON })
    const [copy] = fleet.queues.tasks.held.values()
    expect(copy?.attributes).toMatchObject({ while: 'table_unreachable', parks: '1' })
    expect(fleet.lines).toEqual([{ level: 'error', message: 'task kept', fields: { taskId: id, error: 'Error' } }])
  })

  it('not even with the time: valid tasks are parked with that reason, all else is received again', async () => {
    const fleet = smallFleet()
    const id = fleet.send(recaptcha())
    const bad = fleet.send('no JSON')
    const messages = fleet.queues.tasks.receive(10)
    const run = { ...fleet.run(), clockUnknown: true }
    expect(await fleet.submitUseCase(messages, run)).toEqual([bad])
    const [copy] = [...fleet.queues.tasks.held.values()].filter(({ receiveCount }) => receiveCount === 0)
    expect(copy?.attributes).toMatchObject({ taskId: id, while: 'table_unreachable', parks: '1' })
    expect(fleet.queues.deadLetters.held.size).toBe(0)
    expect(fleet.provider.submits).toEqual([])
    expect(fleet.lines).toEqual([{ level: 'error', message: 'table unreachable, batch kept', fields: { messages: 2 } }])
  })
})
