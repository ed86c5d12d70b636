import { describe, expect, it } from 'vitest'
import { fingerprintOf } from '../../functions/adapters/provider/key-states.ts'
import { type KeyJudgement, makeKeys } from '../../functions/adapters/provider/keys.ts'
import { UNSHARED_KEYS } from '../../functions/adapters/provider/unshared-keys.ts'
import type { ProviderFailure } from '../../functions/core/provider/error-class.ts'

const REFUSED: ProviderFailure = { class: 'auth', code: 'ERROR_KEY_DOES_NOT_EXIST', message: 'The key is not known.' }
type Answer = { kind: 'good' | 'inconclusive'; key: string } | { kind: 'refused'; failure: ProviderFailure }

/** A secret, a provider that knows which keys are good, and a clock that stands still until it is told to go on. */
function world(good: string[] = ['one'], held: Record<string, string> = { captchaai: 'one' }) {
  const state = { now: 1_000_000, secret: held, readable: true, reads: 0, sent: [] as string[], lines: [] as string[] }
  const gate: { wait: Promise<void> | null } = { wait: null }
  const secret = {
    read: async () => {
      state.reads += 1
      if (!state.readable) throw new Error('AccessDenied: arn:aws:secretsmanager:secret')
      return state.secret
    },
  }
  const clock = { now: () => state.now, sleep: async () => {} }
  const log = (level: string, message: string, fields = {}) =>
    state.lines.push(JSON.stringify({ level, message, ...fields }))
  const keys = makeKeys({ shared: UNSHARED_KEYS, secret, clock, log, keyRetrySeconds: 900 })
  const answerTo = { silent: false }

  const ask = (): Promise<Answer> =>
    keys.use<Answer>({
      provider: 'captchaai',
      patienceMs: () => 50,
      hasTime: () => true,
      attempt: async (key) => {
        state.sent.push(key)
        await gate.wait
        if (answerTo.silent) return { kind: 'inconclusive', key }
        return good.includes(key) ? { kind: 'good', key } : { kind: 'refused', failure: REFUSED }
      },
      judge: (answer): KeyJudgement => (answer.kind === 'refused' ? answer : { kind: answer.kind }),
      refuse: (failure) => ({ kind: 'refused', failure }),
    })
  const wait = (seconds: number) => {
    state.now += seconds * 1000
  }
  return { state, gate, good, answerTo, keys, ask, wait }
}
const codeOf = (answer: Answer) => (answer.kind === 'refused' ? answer.failure.code : null)

describe('a good key', () => {
  it('is read once and cached for 300 s', async () => {
    const { state, ask, wait } = world()
    for (let i = 0; i < 5; i++) await ask()
    wait(299)
    await ask()
    expect(state.reads).toBe(1)
    wait(1)
    await ask()
    expect(state.reads).toBe(2)
  })

  it('is read once by many calls at once', async () => {
    const { state, ask } = world()
    const answers = await Promise.all(Array.from({ length: 20 }, ask))
    expect(answers.every(({ kind }) => kind === 'good')).toBe(true)
    expect(state.reads).toBe(1)
  })

  it('untried goes out with one call alone; the others follow its answer', async () => {
    const { state, gate, ask } = world()
    const opened = Promise.withResolvers<void>()
    gate.wait = opened.promise
    const all = Promise.all(Array.from({ length: 10 }, ask))
    await expect.poll(() => state.sent.length).toBe(1)
    opened.resolve()
    expect((await all).every(({ kind }) => kind === 'good')).toBe(true)
    expect(state.sent).toHaveLength(10)
  })

  it('untried does not hold the others for ever: a provider that hangs delays them by their patience', async () => {
    const { state, gate, ask } = world()
    const opened = Promise.withResolvers<void>()
    gate.wait = opened.promise
    const all = Promise.all(Array.from({ length: 5 }, ask))
    await expect.poll(() => state.sent.length).toBe(5)
    opened.resolve()
    await all
  })
})

describe('a refused key', () => {
  it('is sent at most twice, by however many calls, then none until it changes or the slow retry (row 23)', async () => {
    const { state, ask, wait } = world([])
    const answers = await Promise.all(Array.from({ length: 10 }, ask))
    for (let i = 0; i < 10; i++) {
      wait(60)
      answers.push(await ask())
    }
    expect(answers.map(codeOf)).toEqual(Array(20).fill('ERROR_KEY_DOES_NOT_EXIST'))
    expect(state.sent.length).toBeLessThanOrEqual(2)
    wait(900)
    await ask()
    await ask()
    expect(state.sent).toHaveLength(2)
  })

  it('makes the secret be read once more, and a new key is used in the same call (row 24)', async () => {
    const { state, ask } = world(['two'])
    state.secret = { captchaai: 'one' }
    const first = ask()
    await Promise.resolve()
    state.secret = { captchaai: 'two' }
    expect(await first).toEqual({ kind: 'good', key: 'two' })
    expect(state.sent).toEqual(['one', 'two'])
    expect(state.reads).toBe(2)
  })

  it('that was good is given up at the first refusal, and one read serves all the calls that met it (row 24)', async () => {
    const { state, good, ask, wait } = world(['one'])
    await ask()
    good.splice(0, 1, 'two')
    state.secret = { captchaai: 'two' }
    wait(1)
    const answers = await Promise.all(Array.from({ length: 10 }, ask))
    expect(answers).toEqual(Array(10).fill({ kind: 'good', key: 'two' }))
    expect(state.reads).toBe(2)
    expect(state.lines.map((line) => JSON.parse(line))).toEqual([
      { level: 'warn', message: 'key refused', provider: 'captchaai', code: 'ERROR_KEY_DOES_NOT_EXIST' },
      { level: 'info', message: 'key changed', provider: 'captchaai' },
    ])
  })

  it.each([
    ['before the call began is read again', 1, 5, 2, { kind: 'good', key: 'two' }],
    ['after the call began is new enough', -1, 5, 1, { kind: 'refused' }],
  ])('whose secret was read %s', async (_, before, during, reads, expected) => {
    const { state, good, gate, ask, wait } = world(['one'])
    await ask()
    good.splice(0, 1, 'two')
    state.secret = { captchaai: 'two' }
    wait(before)
    const opened = Promise.withResolvers<void>()
    gate.wait = opened.promise
    const asked = ask()
    await expect.poll(() => state.sent.length, { interval: 1 }).toBe(2)
    wait(during)
    opened.resolve()
    expect(await asked).toMatchObject(expected)
    expect(state.reads).toBe(reads)
  })

  it('that is in use no more changes nothing of the new one', async () => {
    const { state, good, gate, ask, wait } = world(['one'])
    await ask()
    const opened = Promise.withResolvers<void>()
    gate.wait = opened.promise
    const late = ask()
    await expect.poll(() => state.sent.length, { interval: 1 }).toBe(2)
    gate.wait = null
    good.splice(0, 1, 'two')
    state.secret = { captchaai: 'two' }
    wait(300)
    expect(await ask()).toEqual({ kind: 'good', key: 'two' })
    opened.resolve()
    expect(await late).toEqual({ kind: 'good', key: 'two' })
    expect(state.lines.join()).not.toContain('key refused')
    expect(state.sent).toEqual(['one', 'one', 'two', 'two'])
  })

  it('stays refused where an older request with it is answered late as if it were good', async () => {
    const { state, good, gate, ask } = world(['one'])
    await ask()
    const opened = Promise.withResolvers<void>()
    gate.wait = opened.promise
    const late = ask()
    await expect.poll(() => state.sent.length, { interval: 1 }).toBe(2)
    gate.wait = null
    good.splice(0, 1)
    expect(codeOf(await ask())).toBe('ERROR_KEY_DOES_NOT_EXIST')
    good.push('one')
    opened.resolve()
    expect((await late).kind).toBe('good')
    expect(codeOf(await ask())).toBe('ERROR_KEY_DOES_NOT_EXIST')
    expect(state.sent).toEqual(['one', 'one', 'one'])
  })

  it('is looked for anew every 30 s, and a new one is used (row 24)', async () => {
    const { state, good, ask, wait } = world([])
    await ask()
    const reads = state.reads
    wait(29)
    await ask()
    expect(state.reads).toBe(reads)
    good.push('two')
    state.secret = { captchaai: 'two' }
    wait(2)
    expect(await ask()).toEqual({ kind: 'good', key: 'two' })
    expect(state.sent).toEqual(['one', 'two'])
  })

  it('is not cleared by an answer that says nothing about keys', async () => {
    const { state, answerTo, ask, wait } = world([])
    await ask()
    wait(900)
    answerTo.silent = true
    expect((await ask()).kind).toBe('inconclusive')
    answerTo.silent = false
    await ask()
    await ask()
    expect(state.sent).toHaveLength(3)
  })

  it('tells a person what it waits for, and no line holds a key', async () => {
    const { state, ask } = world([])
    await ask()
    const again = await ask()
    expect(again).toMatchObject({ failure: { class: 'auth', message: expect.stringContaining('not tried again') } })
    expect(state.lines.join()).toContain('key refused')
    expect(state.lines.join()).not.toContain('one"')
  })
})

describe('a secret', () => {
  it('secrets unreadable: cached key for a bounded time (15 minutes), then stop (row 52)', async () => {
    const { state, ask, wait } = world()
    await ask()
    state.readable = false
    wait(899)
    expect((await ask()).kind).toBe('good')
    wait(1)
    const stopped = await ask()
    expect(stopped).toMatchObject({ kind: 'refused', failure: { class: 'auth', code: 'SECRET_UNREADABLE' } })
    expect(state.sent).toHaveLength(2)
  })

  it('that cannot be read is tried again every 10 s, not by each call', async () => {
    const { state, ask, wait } = world()
    state.readable = false
    for (let i = 0; i < 5; i++) expect(codeOf(await ask())).toBe('SECRET_UNREADABLE')
    expect(state.reads).toBe(1)
    state.readable = true
    wait(10)
    expect((await ask()).kind).toBe('good')
  })

  it('that cannot be read leaves no key, address or reason of the store in the log', async () => {
    const { state, ask } = world()
    state.readable = false
    await ask()
    expect(state.lines).toEqual(['{"level":"warn","message":"secret unreadable","error":"Error"}'])
  })

  it.each([
    ['without an entry for the provider', {}],
    ['with an empty one', { captchaai: '' }],
    ['with one of another name', { constructor: 'x', twocaptcha: 'y' }],
  ])('%s means that there is no key', async (_what, held) => {
    const { state, ask } = world([], held)
    expect(codeOf(await ask())).toBe('KEY_MISSING')
    expect(state.sent).toEqual([])
  })

  it('without the key is read again at each try, at most every 10 s, and a key that has come is used at once', async () => {
    const { state, ask, wait } = world(['one'], { healthToken: 'generated' })
    for (let i = 0; i < 5; i++) expect(codeOf(await ask())).toBe('KEY_MISSING')
    expect(state.reads).toBe(1)
    wait(9.9)
    expect(codeOf(await ask())).toBe('KEY_MISSING')
    expect(state.reads).toBe(1)
    wait(0.1)
    expect(codeOf(await ask())).toBe('KEY_MISSING')
    expect(state.reads).toBe(2)
    state.secret = { captchaai: 'one' }
    wait(10)
    expect(await ask()).toEqual({ kind: 'good', key: 'one' })
    wait(299)
    await ask()
    expect(state.reads).toBe(3)
  })

  it('that was cached for one provider is read again for another one, whose key had not been there', async () => {
    const { state, keys, ask, wait } = world(['one'])
    await ask()
    state.secret = { captchaai: 'one', twocaptcha: 'two' }
    wait(10)
    const other = await keys.use<string>({
      ...{ provider: 'twocaptcha', patienceMs: () => 50, hasTime: () => true, attempt: async (key) => key },
      ...{ judge: () => ({ kind: 'good' }), refuse: ({ code }) => code },
    })
    expect(other).toBe('two')
  })

  it('whose new key there was no time left to try is tried by the next call at once: nobody waits for the first', async () => {
    const secret = { captchaai: 'old' }
    const clock = { now: () => 0, sleep: async () => {} }
    const keys = makeKeys({
      ...{ shared: UNSHARED_KEYS, secret: { read: async () => ({ ...secret }) }, clock, log: () => {} },
      keyRetrySeconds: 900,
    })
    const ask = () =>
      keys.use<string>({
        // Longer than a test may take.
        ...{ provider: 'captchaai', patienceMs: () => 120_000, hasTime: () => false },
        attempt: async (key) => {
          secret.captchaai = 'new'
          return key
        },
        judge: (key): KeyJudgement => (key === 'old' ? { kind: 'refused', failure: REFUSED } : { kind: 'good' }),
        refuse: ({ code }) => code,
      })
    expect(await ask()).toBe('old')
    expect(await ask()).toBe('new')
  }, 10_000)

  it('that answers too slowly does not hold the call; it serves the next one', async () => {
    const opened = Promise.withResolvers<Record<string, string>>()
    const clock = { now: () => 0, sleep: async () => {} }
    const keys = makeKeys({
      shared: UNSHARED_KEYS,
      secret: { read: () => opened.promise },
      clock,
      log: () => {},
      keyRetrySeconds: 900,
    })
    const ask = () =>
      keys.use<string>({
        ...{ provider: 'captchaai', patienceMs: () => 20, hasTime: () => true, attempt: async (key) => key },
        ...{ judge: () => ({ kind: 'good' }), refuse: ({ code }) => code },
      })
    expect(await ask()).toBe('SECRET_UNREADABLE')
    opened.resolve({ captchaai: 'one' })
    expect(await ask()).toBe('one')
  })
})

describe('the fleet', () => {
  it('knows of a first answer before the calls go out that waited for it', async () => {
    const told = Promise.withResolvers<void>()
    const sent: string[] = []
    const keys = makeKeys({
      ...{ shared: { ...UNSHARED_KEYS, reportAnswer: () => told.promise }, log: () => {}, keyRetrySeconds: 900 },
      ...{ secret: { read: async () => ({ captchaai: 'one' }) }, clock: { now: () => 0, sleep: async () => {} } },
    })
    const ask = (name: string) =>
      keys.use<void>({
        // Longer than a test may take.
        ...{ provider: 'captchaai', patienceMs: () => 120_000, hasTime: () => true },
        attempt: async () => {
          sent.push(name)
        },
        ...{ judge: () => ({ kind: 'good' }), refuse: () => {} },
      })
    const both = Promise.all([ask('first'), ask('second')])
    await expect.poll(() => sent.length, { interval: 1 }).toBe(1)
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve()
    expect(sent).toEqual(['first'])
    told.resolve()
    await both
    expect(sent).toEqual(['first', 'second'])
  }, 10_000)

  it('is told each change of what is known of a key, once, by the first digits of its SHA-256', async () => {
    expect(fingerprintOf('one')).toBe('7692c3ad')
    const told: unknown[][] = []
    const reportAnswer = async (...report: unknown[]) => {
      told.push(report)
    }
    const keys = makeKeys({
      ...{ shared: { ...UNSHARED_KEYS, reportAnswer }, secret: { read: async () => ({ captchaai: 'one' }) } },
      ...{ clock: { now: () => 0, sleep: async () => {} }, log: () => {}, keyRetrySeconds: 900 },
    })
    const judgements: KeyJudgement[] = [
      ...[{ kind: 'inconclusive' } as const, { kind: 'good' } as const, { kind: 'good' } as const],
      ...[{ kind: 'inconclusive' } as const, { kind: 'refused', failure: REFUSED } as const],
    ]
    for (const judgement of judgements)
      await keys.use<void>({
        ...{ provider: 'captchaai', patienceMs: () => 50, hasTime: () => true, attempt: async () => {} },
        ...{ judge: () => judgement, refuse: () => {} },
      })
    expect(told).toEqual([
      ['captchaai', '7692c3ad', 'inconclusive'],
      ['captchaai', '7692c3ad', { code: null }],
      ['captchaai', '7692c3ad', { code: 'ERROR_KEY_DOES_NOT_EXIST' }],
    ])
  })
})
