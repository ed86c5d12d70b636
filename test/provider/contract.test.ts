import { describe, expect, it, onTestFinished } from 'vitest'
import { geetestTask, PROFILE_NAMES, type ProfileName, providerAt, task } from './provider-at.ts'
import { SUBJECTS, type SubjectMaker, type Trouble, type Wishes } from './subjects.ts'

/** What the port promises (functions/core/ports.ts), on every provider we have and with both profiles. */
const cases = SUBJECTS.flatMap((maker) => PROFILE_NAMES.map((profile) => ({ maker, profile })))

describe.each(cases)('the provider port on $maker.name, profile $profile', ({ maker, profile }) => {
  if (maker.start === undefined) it.skip('is left out', () => {})
  else portSuite(maker.start, profile)
})

/** Short only where it is the time-out that ends the call: a busy machine must not make the others fail. */
const patience = (what: Trouble) => (['hang', 'loseByHang', 'slow'].includes(what.kind) ? 0.4 : 5)

function portSuite(start: NonNullable<SubjectMaker['start']>, profile: ProfileName) {
  /** Tests that run side by side give their own `finished`: the global one does not know which of them asks. */
  async function world(wishes: Wishes = {}, timeoutSeconds = 2, finished: typeof onTestFinished = onTestFinished) {
    const subject = await start(profile, { solveSeconds: 0.02, solveRate: 1, ...wishes })
    const provider = providerAt(subject.url, subject.key, profile, timeoutSeconds)
    finished(async () => {
      provider.close()
      await subject.stop()
    })
    return { subject, provider }
  }

  async function submitted(provider: ReturnType<typeof providerAt>, sent = task()): Promise<string> {
    const answer = await provider.submit(sent)
    if (answer.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(answer)}`)
    return answer.captchaId
  }
  const solutionOf = async (provider: ReturnType<typeof providerAt>, id: string) => {
    await expect.poll(async () => (await provider.result(id)).kind, { interval: 10 }).not.toBe('pending')
    return provider.result(id)
  }

  it('a submit goes by POST with the key in its body, in the provider’s words, and is charged once', async () => {
    const { subject, provider } = await world()
    const params = { invisible: true, min_score: 0.7, 'data-s': 'é &=+', enterprise: false }
    await submitted(provider, task({ params, proxy: 'u:p@h:1', proxytype: 'SOCKS5' }))
    expect(subject.ledger()).toHaveLength(1)
    expect(subject.ledger()[0]?.params).toMatchObject({
      ...{ method: 'userrecaptcha', googlekey: 'a-site-key', pageurl: 'https://example.com/page' },
      ...{
        invisible: '1',
        min_score: '0.7',
        'data-s': 'é &=+',
        enterprise: '0',
        proxy: 'u:p@h:1',
        proxytype: 'SOCKS5',
      },
    })
    expect(subject.requests()).toMatchObject([{ action: 'submit', http: 'POST', keyInUrl: false, keyOk: true }])
  })

  it('a callback address is handed on', async () => {
    const { subject, provider } = await world()
    await provider.submit(task(), 'http://127.0.0.1:9/pingback/abc')
    expect(subject.ledger()[0]?.params.pingback).toBe('http://127.0.0.1:9/pingback/abc')
  })

  it.each(['CAPCHA_NOT_READY', 'CAPTCHA_NOT_READY'])(
    '%s is pending, and then the very answer comes',
    async (notReadyCode) => {
      const { subject, provider } = await world({ solveSeconds: 0.2, notReadyCode })
      const id = await submitted(provider)
      expect(await provider.result(id)).toEqual({ kind: 'pending' })
      expect(await solutionOf(provider, id)).toEqual({ kind: 'solved', solution: subject.ledger()[0]?.answer })
    },
  )

  it.each(['string', 'number', 'digits'] as const)('ids that are %s are kept as they are (row 28)', async (ids) => {
    const { subject, provider } = await world({ ids })
    const id = await submitted(provider)
    expect(id).toBe(subject.ledger()[0]?.id)
    expect((await solutionOf(provider, id)).kind).toBe('solved')
  })

  it('an object answer stays an object (row 28)', async () => {
    const { subject, provider } = await world({ answer: 'object' })
    const solved = await solutionOf(provider, await submitted(provider, geetestTask))
    expect(solved).toEqual({ kind: 'solved', solution: subject.ledger()[0]?.answer })
    expect(solved).toMatchObject({ solution: { geetest_challenge: expect.any(String) } })
  })

  it('an answer with codes, bars and markup in it is an answer (rows 20 and 28)', async () => {
    const { subject, provider } = await world({ answer: 'tricky' })
    const solved = await solutionOf(provider, await submitted(provider))
    expect(solved).toEqual({ kind: 'solved', solution: subject.ledger()[0]?.answer })
  })

  it('what nobody could solve is unsolvable', async () => {
    const { provider } = await world({ solveRate: 0 })
    const failed = await solutionOf(provider, await submitted(provider))
    expect(failed).toMatchObject({ kind: 'failed', failure: { class: 'unsolvable', code: 'ERROR_CAPTCHA_UNSOLVABLE' } })
  })

  it('an id that is not known, or no more, is lost', async () => {
    const { provider } = await world({ resultLifeSeconds: 0.01 })
    const lost = { kind: 'failed', failure: { class: 'unsolvable', lostId: true } }
    expect(await provider.result('12345')).toMatchObject(lost)
    const id = await submitted(provider)
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(await provider.result(id)).toMatchObject(lost)
  })

  it('all threads busy is capacity and costs nothing', async () => {
    const codes =
      profile === 'captchaai' ? ['ERROR_ZERO_BALANCE', 'ERROR_NO_SLOT_AVAILABLE'] : ['ERROR_NO_SLOT_AVAILABLE']
    for (const saturationCode of codes) {
      const { subject, provider } = await world({ threads: 1, saturationCode, solveSeconds: 9 })
      await submitted(provider)
      expect(await provider.submit(task())).toMatchObject({
        kind: 'refused',
        failure: { class: 'capacity', code: saturationCode },
      })
      expect(subject.ledger()).toHaveLength(1)
    }
  })

  it('a refused key is class auth, and at most 2 requests go out with it (row 23)', async () => {
    const { subject, provider } = await world({ keyRefused: true })
    const answers = await Promise.all(Array.from({ length: 10 }, () => provider.submit(task())))
    for (const answer of [...answers, await provider.submit(task())])
      expect(answer).toMatchObject({ kind: 'refused', failure: { class: 'auth', code: 'ERROR_KEY_DOES_NOT_EXIST' } })
    expect(await provider.balance()).toMatchObject({ kind: 'failed', failure: { class: 'auth' } })
    expect(subject.requests().length).toBeLessThanOrEqual(2)
    expect(subject.ledger()).toEqual([])
  })

  it('a key of another length is refused as malformed', async () => {
    const { subject } = await world()
    const provider = providerAt(subject.url, 'short', profile)
    onTestFinished(() => provider.close())
    expect(await provider.submit(task())).toMatchObject({ kind: 'refused', failure: { code: 'ERROR_WRONG_USER_KEY' } })
  })

  it('the balance is a number, or unreadable', async () => {
    const { subject, provider } = await world({ balance: 12.5 })
    expect(await provider.balance()).toEqual({ kind: 'balance', value: 12.5, ms: expect.any(Number) })
    await subject.set({ balance: 'n/a' })
    expect(await provider.balance()).toMatchObject({
      kind: 'failed',
      failure: { class: 'transient', code: 'UNREADABLE' },
    })
  })

  it('threads are counted in every shape they come in, or there is no such call', async () => {
    const { subject, provider } = await world({ threads: 3, solveSeconds: 9 })
    await submitted(provider)
    for (const threadsShape of ['top', 'request', 'strings'] as const) {
      await subject.set({ threadsShape })
      const expected = profile === 'captchaai' ? { kind: 'threads', total: 3, free: 2 } : { kind: 'none' }
      expect(await provider.threads()).toEqual(expected)
    }
  })

  it.each([500, 502] as const)(
    'a submit answered with %i and a page is an HTTP error, class transient',
    async (status) => {
      const { subject, provider } = await world({ trouble: { on: 'submit', what: { kind: 'http', status } } })
      const failure = { class: 'transient', code: `HTTP_${status}` }
      expect(await provider.submit(task())).toMatchObject({ kind: 'httpError', failure })
      expect(subject.ledger()).toEqual([])
    },
  )

  const free: [Trouble, object][] = [
    [
      { kind: 'http', status: 429 },
      { class: 'rate', code: 'HTTP_429', retryAfterSeconds: 2 },
    ],
    [{ kind: 'refuse' }, { class: 'transient', code: 'REFUSED' }],
    [
      { kind: 'code', code: 'MAX_USER_TURN' },
      { class: 'rate', code: 'MAX_USER_TURN', retryAfterSeconds: 10 },
    ],
    [
      { kind: 'code', code: 'ERROR: 1003' },
      { class: 'blocked', code: 'ERROR: 1003', retryAfterSeconds: 30 },
    ],
    [
      { kind: 'code', code: 'ERROR_NEW_ONE' },
      { class: 'unknown', code: 'ERROR_NEW_ONE' },
    ],
  ]
  it.each(free)('a submit met by %o is refused and known to be free', async (what, failure) => {
    const { subject, provider } = await world({ trouble: { on: 'submit', what } })
    expect(await provider.submit(task())).toMatchObject({ kind: 'refused', failure })
    expect(subject.ledger()).toEqual([])
  })

  const maybe: [Trouble, string, number][] = [
    [{ kind: 'reset' }, 'RESET', 0],
    [{ kind: 'hang' }, 'TIMEOUT', 0],
    [{ kind: 'garbage' }, 'UNREADABLE', 0],
    [{ kind: 'empty' }, 'UNREADABLE', 0],
    [{ kind: 'huge' }, 'BODY_TOO_LARGE', 0],
    [{ kind: 'loseByReset' }, 'RESET', 1],
    [{ kind: 'loseByHang' }, 'TIMEOUT', 1],
    [{ kind: 'slow', ms: 5000 }, 'TIMEOUT', 1],
  ]
  // These wait for time-outs, so they wait side by side.
  it.concurrent.for(maybe)(
    'a submit met by %o is lost as %s and sent only once (row 20)',
    async ([what, code, charges], { onTestFinished }) => {
      const { subject, provider } = await world({ trouble: { on: 'submit', what } }, patience(what), onTestFinished)
      expect(await provider.submit(task())).toMatchObject({ kind: 'lost', failure: { class: 'uncertain', code } })
      expect(subject.ledger()).toHaveLength(charges)
      expect(subject.requests()).toHaveLength(1)
    },
  )

  const looks: [Trouble, string | RegExp][] = [
    [{ kind: 'http', status: 502 }, 'HTTP_502'],
    [{ kind: 'reset' }, 'RESET'],
    [{ kind: 'hang' }, 'TIMEOUT'],
    [{ kind: 'garbage' }, 'UNREADABLE'],
    [{ kind: 'empty' }, 'UNREADABLE'],
    [{ kind: 'huge' }, 'BODY_TOO_LARGE'],
    // The connection that was kept may be the first to hear of it.
    [{ kind: 'refuse' }, /^(REFUSED|RESET)$/],
  ]
  it.concurrent.for(looks)(
    'a look at a result or an account met by %o is a transient failure (row 20)',
    async ([what, code], { onTestFinished }) => {
      const { subject, provider } = await world({}, patience(what), onTestFinished)
      const id = '12345'
      // So that a connection is kept, as it is in a running fleet.
      expect((await provider.result(id)).kind).toBe('failed')
      const failed = { kind: 'failed', failure: { class: 'transient', code: expect.stringMatching(code) } }
      await subject.set({ trouble: { on: 'result', what } })
      expect(await provider.result(id)).toMatchObject(failed)
      await subject.set({ trouble: { on: 'account', what } })
      expect(await provider.balance()).toMatchObject(failed)
    },
  )

  it.concurrent('no message and no log line holds the key or a URL with one, whatever went wrong', async ({
    onTestFinished,
  }) => {
    const { subject, provider } = await world({ keyRefused: false }, 0.2, onTestFinished)
    const said: unknown[] = []
    const troubles: Trouble[] = [...maybe.map(([what]) => what), ...free.map(([what]) => what)]
    for (const what of troubles) {
      await subject.set({ trouble: { on: 'any', what } })
      const asked = [provider.submit(task()), provider.result('1?key=x'), provider.balance(), provider.threads()]
      said.push(...(await Promise.all(asked)))
    }
    await subject.set({ keyRefused: true })
    said.push(await provider.submit(task()), await provider.threads())
    const text = JSON.stringify([said, provider.lines])
    expect(text.length).toBeGreaterThan(1000)
    expect(text).not.toContain(subject.key)
    expect(text).not.toContain('key=')
  })
}
