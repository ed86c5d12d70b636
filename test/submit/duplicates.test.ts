import { describe, expect, it } from 'vitest'
import { recaptcha, smallFleet } from '../small-fleet.ts'

describe('duplicates', () => {
  it('the same message is delivered twice, one after the other: one charge; the second ends as success and does nothing (row 1)', async () => {
    const fleet = smallFleet()
    const id = fleet.send(recaptcha())
    await fleet.submit({ keep: true })
    await fleet.drain()
    expect(fleet.provider.ledger).toHaveLength(1)
    expect(fleet.resultsOf(id)).toHaveLength(1)
    expect(fleet.resultsOf(id)[0]).toMatchObject({ status: 'solved', attempts: 1 })
    expect(fleet.queues.deadLetters.held.size).toBe(0)
  })

  it('the same message is handled by many workers at once: one winner; the losers pay nothing and are not marked poison (row 2)', async () => {
    const fleet = smallFleet()
    const id = fleet.send(recaptcha())
    const [message] = fleet.queues.tasks.receive(1)
    if (message === undefined) throw new Error('no message')
    const failed = await Promise.all(Array.from({ length: 50 }, () => fleet.submitUseCase([message], fleet.run())))
    expect(failed.flat()).toEqual([])
    expect(fleet.provider.ledger).toHaveLength(1)
    fleet.queues.tasks.remove(message.receipt)
    await fleet.drain()
    expect(fleet.provider.ledger).toHaveLength(1)
    expect(new Set(fleet.resultsOf(id).map((r) => JSON.stringify(r))).size).toBe(1)
    expect(fleet.queues.deadLetters.held.size).toBe(0)
  })

  it('AWS’s own redrive of a letter that SQS moved: one charge with a taskId in the body, a new task and a second charge without', async () => {
    const fleet = smallFleet()
    // Such a letter has nothing but its body: a new message id, a new age, no attributes of the fleet.
    const bodies = [recaptcha({ taskId: 'named' }), recaptcha({ sitekey: 'nameless' })]
    for (const body of [...bodies, ...bodies]) {
      fleet.send(body)
      await fleet.drain()
    }
    const charges = fleet.provider.ledger.map(({ task }) => task.sitekey)
    expect(charges).toEqual(['6Lc-test', 'nameless', 'nameless'])
  })

  it('two messages, same taskId, same payload: one charge (row 3)', async () => {
    const fleet = smallFleet()
    fleet.send(recaptcha({ taskId: 'a', params: { x: 1, y: 2 } }))
    fleet.send(recaptcha({ taskId: 'a', params: { y: 2, x: 1 }, method: 'userrecaptcha' }))
    await fleet.drain()
    expect(fleet.provider.ledger).toHaveLength(1)
    expect(fleet.resultsOf('a')).toHaveLength(1)
  })

  it('same taskId, different payload: refused with TASK_ID_REUSED; the old result is never returned for it (row 4)', async () => {
    const fleet = smallFleet()
    fleet.send(recaptcha({ taskId: 'a', reply: 'both' }))
    await fleet.drain()
    fleet.send(recaptcha({ taskId: 'a', pageurl: 'https://other.example.test/' }))
    await fleet.drain()
    const [first, second] = fleet.resultsOf('a')
    expect(first).toMatchObject({ status: 'solved' })
    expect(second).toMatchObject({ status: 'failed', attempts: 0, error: { code: 'TASK_ID_REUSED', class: 'invalid' } })
    expect(second).not.toHaveProperty('solution')
    expect(fleet.provider.ledger).toHaveLength(1)
    expect(fleet.queues.deadLetters.held.size).toBe(0)
    expect(fleet.store.items.get('a')).toMatchObject({ state: 'solved', result: { solution: expect.anything() } })
  })

  it('another payload under a known taskId is answered on the queue, also where its sender asked for the record', async () => {
    const fleet = smallFleet()
    fleet.send(recaptcha({ taskId: 'a', reply: 'record' }))
    await fleet.drain()
    fleet.send(recaptcha({ taskId: 'a', pageurl: 'https://other.example.test/', reply: 'record' }))
    await fleet.drain()
    expect(fleet.resultsOf('a')).toMatchObject([{ status: 'failed', attempts: 0, error: { code: 'TASK_ID_REUSED' } }])
  })

  it('the producer times out and sends again: deduplicated by taskId (row 15)', async () => {
    const fleet = smallFleet()
    fleet.send(recaptcha({ taskId: 'a' }))
    await fleet.submit()
    fleet.send(recaptcha({ taskId: 'a', priority: 'high', deadlineSeconds: 600 }))
    await fleet.drain()
    fleet.send(recaptcha({ taskId: 'a' }))
    await fleet.drain()
    expect(fleet.provider.ledger).toHaveLength(1)
    const [first, again, ...others] = fleet.resultsOf('a')
    expect(others).toEqual([])
    expect(first).toMatchObject({ status: 'solved', solution: expect.any(String) })
    const { solution: _, ...rest } = first ?? {}
    expect(again).toEqual({ ...rest, error: { code: 'SOLUTION_NOT_KEPT', class: 'gone', message: expect.any(String) } })
  })

  it.each([
    ['before its deadline', 19_999, 1],
    ['from its deadline on', 20_000, 2],
  ])(
    'a client that sends a task in flight again %s, %i ms after the submit: %i poll messages',
    async (_, at, polls) => {
      const fleet = smallFleet()
      fleet.send(recaptcha({ taskId: 'a', deadlineSeconds: 20 }))
      await fleet.submit()
      fleet.clock.set(fleet.clock.now() + at)
      fleet.send(recaptcha({ taskId: 'a', deadlineSeconds: 20 }))
      await fleet.submit()
      expect(fleet.queues.polls.held.size).toBe(polls)
      expect(fleet.provider.ledger).toHaveLength(1)
    },
  )

  it('a settled task that is sent again gets its stored result again, the solution where it was kept', async () => {
    const fleet = smallFleet()
    fleet.send(recaptcha({ taskId: 'a', reply: 'both' }))
    await fleet.drain()
    fleet.send(recaptcha({ taskId: 'a', reply: 'both', priority: 'high' }))
    await fleet.drain()
    const [first, again, ...others] = fleet.resultsOf('a')
    expect(others).toEqual([])
    expect(first).toMatchObject({ status: 'solved', solution: expect.any(String) })
    expect(again).toEqual(first)
    expect(fleet.provider.ledger).toHaveLength(1)
    expect(fleet.total((o) => o.duplicates)).toBe(1)
    expect(fleet.total((o) => o.solved)).toBe(1)
  })

  it('a failed and an expired task that are sent again get the same result again', async () => {
    const failure = { class: 'task', code: 'ERROR_PAGEURL', message: 'no such page' } as const
    const fleet = smallFleet({ script: { result: () => ({ kind: 'failed', failure }) } })
    fleet.send(recaptcha({ taskId: 'failed' }))
    await fleet.drain()
    fleet.provider.submit = async () => ({ kind: 'refused', failure: { ...failure, class: 'capacity' } })
    fleet.send(recaptcha({ taskId: 'expired', deadlineSeconds: 10 }))
    await fleet.drain()
    for (const taskId of ['failed', 'expired']) {
      fleet.send(recaptcha({ taskId }))
      await fleet.drain()
      const [first, again, ...others] = fleet.resultsOf(taskId)
      expect(first?.status).toBe(taskId)
      expect(again).toEqual(first)
      expect(others).toEqual([])
    }
  })

  it('where the new message asks for the record alone, nothing is sent for it', async () => {
    const fleet = smallFleet()
    fleet.send(recaptcha({ taskId: 'a', reply: 'record' }))
    await fleet.drain()
    fleet.send(recaptcha({ taskId: 'a', reply: 'record' }))
    await fleet.drain()
    expect(fleet.results()).toEqual([])
    fleet.send(recaptcha({ taskId: 'a' }))
    await fleet.drain()
    expect(fleet.resultsOf('a')).toMatchObject([{ status: 'solved', solution: expect.any(String) }])
  })

  it('a redelivery of the very message of a solved task stays silent', async () => {
    const fleet = smallFleet()
    fleet.send(recaptcha({ taskId: 'a' }))
    await fleet.submit({ keep: true })
    await fleet.clock.advance(16_000)
    await fleet.collect()
    expect(fleet.resultsOf('a')).toHaveLength(1)
    await fleet.clock.advance(120_000)
    expect(await fleet.submit()).toEqual([])
    expect(fleet.queues.tasks.held.size).toBe(0)
    expect(fleet.resultsOf('a')).toHaveLength(1)
  })

  it('a task whose poll message is gone is polled again when its client sends it again', async () => {
    const fleet = smallFleet({ script: { submit: () => ({ kind: 'accept', afterSeconds: 70 }) } })
    fleet.send(recaptcha({ taskId: 'a' }))
    await fleet.submit()
    await fleet.clock.advance(15_000)
    for (const { receipt } of fleet.queues.polls.receive(10)) fleet.queues.polls.remove(receipt)
    await fleet.clock.advance(65_000)
    fleet.send(recaptcha({ taskId: 'a' }))
    await fleet.drain()
    expect(fleet.provider.ledger).toHaveLength(1)
    expect(fleet.resultsOf('a')).toMatchObject([{ status: 'solved', attempts: 1 }])
  })

  it('settled, but the SQS delete failed: redelivery does nothing but delete (row 9)', async () => {
    const fleet = smallFleet()
    const id = fleet.send(recaptcha({ reply: 'both' }))
    await fleet.submit()
    await fleet.clock.advance(15_000)
    await fleet.collect({ keep: true })
    await fleet.drain()
    expect(fleet.provider.ledger).toHaveLength(1)
    expect(new Set(fleet.resultsOf(id).map((r) => JSON.stringify(r))).size).toBe(1)
    expect(fleet.total((o) => o.solved)).toBe(1)
  })

  it('dead letters are redriven hours or days later, or twice, with the new message ids that SQS gives them: no second charge (row 14)', async () => {
    const fleet = smallFleet({
      sender: (real) => ({
        send: async (q, m) => (q === 'polls' || q === 'tasks' ? m.map(() => false) : real.send(q, m)),
      }),
    })
    fleet.send(recaptcha({ deadlineSeconds: 3600 }))
    for (let i = 0; i < 12; i += 1) {
      await fleet.submit()
      await fleet.clock.advance(120_000)
    }
    expect(fleet.provider.ledger).toHaveLength(1)
    const [letter] = [...fleet.queues.deadLetters.held.values()]
    expect(letter?.attributes).toMatchObject({
      taskId: expect.any(String),
      reason: expect.stringContaining('FAILED_REPEATEDLY'),
      source: 'tasks',
    })
    const again = smallFleet()
    again.store.items.set(
      letter?.attributes.taskId ?? '',
      fleet.store.items.get(letter?.attributes.taskId ?? '') ??
        (() => {
          throw new Error('no item')
        })(),
    )
    for (let i = 0; i < 2; i += 1) again.send(letter?.body ?? '', letter?.attributes)
    again.provider.ledger.push(...fleet.provider.ledger)
    await again.drain()
    expect(again.provider.submits).toHaveLength(0)
    expect(again.resultsOf(letter?.attributes.taskId ?? '').length).toBeGreaterThan(0)
  })
})
