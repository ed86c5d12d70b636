import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseTask } from '../../functions/messages/parse-task.ts'
import { anyText, anyUrl } from '../build/any-text.ts'
import { recaptcha, smallFleet } from '../small-fleet.ts'

const CASES = 4000
/** Of this process alone, whatever else the machine does. Measured: 40 to 200 ms. */
const SLOWEST_MS = 2000

function problemsOf(body: unknown): string[] {
  const parsed = parseTask(typeof body === 'string' ? body : JSON.stringify(body), 'fallback')
  return parsed.kind === 'invalid' ? parsed.problems : []
}

describe('bad input', () => {
  const BAD: [what: string, body: string, words: string[]][] = [
    ['bad JSON', '{nope', ['not JSON']],
    ['JSON that is no object', '[1]', ['JSON object']],
    ['missing fields', JSON.stringify({ sitekey: 's' }), ['pageurl is required']],
    [
      'unknown keys and several values out of range at once',
      JSON.stringify(recaptcha({ foo: 'secret-value', priority: 'urgent', deadlineSeconds: 5 })),
      ['unknown key foo', 'priority', 'deadlineSeconds'],
    ],
    ['wrong types', JSON.stringify(recaptcha({ params: { a: null, b: [1] } })), ['params.a', 'params.b']],
    ['a body over 256 KiB', JSON.stringify(recaptcha({ params: { x: 'y'.repeat(300 * 1024) } })), ['256 KiB']],
    ['deep nesting of lists', `${'['.repeat(1000)}${']'.repeat(1000)}`, ['JSON object']],
    [
      'deep nesting of parameters',
      `{"sitekey":"s","pageurl":"p","params":${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}}`,
      ['params.a'],
    ],
  ]

  it.each(BAD)('%s: no charge, one result and one dead letter that name every problem and no value', async (...bad) => {
    const [, body, words] = bad
    const fleet = smallFleet()
    const id = fleet.send(body)
    await fleet.drain()
    expect(fleet.provider.submits).toEqual([])
    const results = fleet.resultsOf(id)
    expect(results).toMatchObject([
      { status: 'failed', attempts: 0, error: { code: 'INVALID_TASK', class: 'invalid' } },
    ])
    const letters = [...fleet.queues.deadLetters.held.values()]
    expect(letters).toMatchObject([{ body, attributes: { taskId: id, firstSeen: expect.stringMatching(/^\d{4}-/) } }])
    const reason = letters[0]?.attributes.reason ?? ''
    for (const word of words) {
      expect(results[0]?.error?.message).toContain(word)
      expect(reason).toContain(word)
    }
    expect(reason).toMatch(/^INVALID_TASK: /)
    expect(reason.length).toBeLessThanOrEqual(1000)
    expect(reason).not.toContain('secret-value')
  })

  it('bad JSON, missing fields, unknown keys, wrong types, a body over 256 KiB, deep nesting: no charge; every problem named; the rest of the batch unaffected; message in the dead-letter queue with its reason (row 12)', async () => {
    const fleet = smallFleet()
    fleet.send(recaptcha({ taskId: 'good' }))
    const ids = BAD.map(([, body]) => fleet.send(body))
    await fleet.drain()
    expect(fleet.provider.submits.map(({ taskId }) => taskId)).toEqual(['good'])
    expect(fleet.resultsOf('good')).toMatchObject([{ status: 'solved', attempts: 1 }])
    for (const id of ids) expect(fleet.resultsOf(id)).toMatchObject([{ status: 'failed', attempts: 0 }])
    const letters = [...fleet.queues.deadLetters.held.values()]
    expect(letters.map(({ attributes }) => attributes.taskId).sort()).toEqual([...ids].sort())
  })

  it('a message tries to be too much: 90,000 keys, a 100 kB method, names that fold to reserved ones: one small result, one dead letter, no charge (row 69)', async () => {
    const fleet = smallFleet()
    const names = Array.from({ length: 90_000 }, (_, i) => `k${i}`)
    const keys = JSON.stringify(Object.fromEntries(names.map((name) => [name, 1])))
    const params = JSON.stringify(recaptcha({ params: Object.fromEntries(names.map((name) => [name, null])) }))
    const bodies: [string, RegExp][] = [
      [keys, /^the body is larger than 256 KiB; unknown key k0; .*; and 89,983 more$/],
      [params, /; params\.k0 must be a string, number or boolean; .*; and 89,981 more$/],
      [JSON.stringify(recaptcha({ method: 'm'.repeat(100_000) })), /^method must be 1 to 64 characters/],
      [JSON.stringify(recaptcha({ params: { Pingback: 'x' } })), /^params\.Pingback is not a parameter$/],
      [JSON.stringify(recaptcha({ params: { 'key[]': 'x' } })), /^params\."key\[\]": the name must be/],
    ]
    const ids = bodies.map(([body]) => fleet.send(body))
    await fleet.drain()
    expect(fleet.provider.ledger).toHaveLength(0)
    const letters = [...fleet.queues.deadLetters.held.values()]
    expect(letters.map(({ body }) => body).sort()).toEqual(bodies.map(([body]) => body).sort())
    expect(fleet.results()).toHaveLength(bodies.length)
    for (const [i, [body, message]] of bodies.entries()) {
      const [result] = fleet.resultsOf(ids[i] ?? '')
      expect(result?.error?.message).toMatch(message)
      expect(JSON.stringify(result).length).toBeLessThan(4000)
      const reason = letters.find((letter) => letter.body === body)?.attributes.reason ?? ''
      expect(reason.length).toBeLessThanOrEqual(1000)
      if (i < 2) expect(reason).toMatch(/; and 89,98\d more$/)
    }
  })

  it('attributes that are too much are not kept: the task goes by its message, and its item stays small', async () => {
    const fleet = smallFleet()
    const id = fleet.send(recaptcha(), { origin: 'o'.repeat(400_000), unpaid: 'u'.repeat(400_000), taskId: 't t' })
    await fleet.drain()
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved' }])
    expect((await fleet.store.read(id))?.origin).toBe(id)
  })

  it('one bad record in a batch of 10: only that one is retried (row 13)', async () => {
    const fleet = smallFleet({
      tasks: (real) => ({
        ...real,
        apply: async (e) => {
          if (e.kind === 'claim' && e.item.taskId === 'bad') throw new Error('x')
          return real.apply(e)
        },
      }),
      sender: (real) => ({ send: async (q, m) => (q === 'tasks' ? m.map(() => false) : real.send(q, m)) }),
    })
    const bad = fleet.send(recaptcha({ taskId: 'bad' }))
    for (let i = 0; i < 9; i += 1) fleet.send(recaptcha({ taskId: `good-${i}` }))
    expect(await fleet.submit()).toEqual([bad])
    expect(fleet.provider.ledger).toHaveLength(9)
  })

  it('is addressed by its taskId where a valid one can be read', async () => {
    const fleet = smallFleet()
    fleet.send({ taskId: 'mine', colour: 'red' })
    const bad = fleet.send({ taskId: 'not valid!', colour: 'red' })
    await fleet.drain()
    expect(
      fleet
        .results()
        .map((r) => r.taskId)
        .sort(),
    ).toEqual([bad, 'mine'].sort())
  })

  it('fills in the defaults and keeps what is given', () => {
    expect(parseTask(JSON.stringify(recaptcha({ params: { invisible: true, min_score: 0.3 } })), 'm-1')).toEqual({
      kind: 'task',
      task: {
        ...{ taskId: 'm-1', method: 'userrecaptcha', sitekey: '6Lc-test', pageurl: 'https://forms.example.test/enrol' },
        ...{ params: { invisible: true, min_score: 0.3 }, priority: 'normal', deadlineSeconds: 300, reply: 'queue' },
      },
    })
  })

  it('names every problem at once, and never a value', () => {
    const problems = problemsOf({
      taskId: 'ö',
      method: 7,
      proxytype: 'FTP',
      reply: 'mail',
      hue: 'hidden-value',
      'a b': 1,
    })
    for (const field of ['taskId', 'method', 'proxytype', 'reply', 'unknown key hue', 'unknown key "a b"']) {
      expect(problems.join('; ')).toContain(field)
    }
    expect(problems.join('; ')).not.toContain('hidden-value')
  })

  it('names what the method needs even where other fields are wrong', () => {
    const problems = problemsOf({ deadlineSeconds: 'x', priority: 'x', extra: 1, params: { key: 'x' } })
    for (const words of [
      'deadlineSeconds',
      'priority',
      'unknown key extra',
      'sitekey is required',
      'pageurl is required',
      'params.key',
    ])
      expect(problems.join('; ')).toContain(words)
    expect(problemsOf({ method: 7 })).toEqual(['method must be a string'])
    expect(problemsOf({ method: ['base64'] })).toEqual(['method must be a string'])
    expect(problemsOf(recaptcha({ sitekey: 5 }))).toEqual(['sitekey must be a string'])
  })

  it('refuses parameters that would speak in the fleet’s name, however they are spelled', () => {
    for (const name of ['key', 'json', 'method', 'pingback', 'KEY', 'Pingback', 'jsoN']) {
      expect(problemsOf(recaptcha({ params: { [name]: 'x' } }))).toEqual([`params.${name} is not a parameter`])
    }
  })

  it('refuses parameter names that a server may read as another name, and names each', () => {
    const names = [' pingback', 'key[]', 'json\u0000', 'method\n', '', 'ſ', 'k'.repeat(65)]
    const problems = problemsOf(recaptcha({ params: Object.fromEntries(names.map((name) => [name, 'x'])) }))
    expect(problems).toEqual(
      ['" pingback"', '"key[]"', '"json?"', '"method?"', '""', '"?"', `"${'k'.repeat(64)}"`].map(
        (name) => `params.${name}: the name must be 1 to 64 characters of A-Z a-z 0-9 _ . -`,
      ),
    )
    expect(problemsOf(recaptcha({ params: { 'data-s': 'x', 'a.b_c': 1, ['k'.repeat(64)]: true } }))).toEqual([])
  })

  it('params.__proto__ does not disappear silently, and at the top it is a key like any other unknown one', () => {
    const task = (more: string) => `{"sitekey":"s","pageurl":"https://a.test/",${more}}`
    expect(problemsOf(task('"params":{"__proto__":"x"}'))).toEqual(['params.__proto__ is not a parameter'])
    expect(problemsOf(task('"params":{"__proto__":{"version":"v3"}}'))).toEqual(['params.__proto__ is not a parameter'])
    expect(problemsOf(task('"__proto__":{"taskId":"x"},"constructor":1,"prototype":2'))).toEqual(
      ['__proto__', 'constructor', 'prototype'].map((key) => `unknown key ${key}`),
    )
    expect(parseTask(task('"params":{"constructor":"c","toString":"t"}'), 'f')).toMatchObject({
      task: { params: { constructor: 'c', toString: 't' } },
    })
  })

  it('says in one sentence that a message is no object, and that params are none', () => {
    for (const body of ['[1]', '7', 'null', '"text"'])
      expect(problemsOf(body)).toEqual(['the message must be a JSON object'])
    for (const params of ['text', 7, null, [1]])
      expect(problemsOf(recaptcha({ params }))).toEqual(['params must be an object'])
  })

  it('refuses a parameter whose number is too great for a number', () => {
    expect(problemsOf(JSON.stringify(recaptcha({ params: { a: 0 } })).replace('"a":0', '"a":1e999'))).toEqual([
      'params.a must be a string, number or boolean',
    ])
  })

  it('shows an unknown key of 64 characters as it is, and of a longer one the beginning in quotes', () => {
    expect(problemsOf(recaptcha({ ['k'.repeat(64)]: 1 }))).toEqual([`unknown key ${'k'.repeat(64)}`])
    expect(problemsOf(recaptcha({ ['k'.repeat(65)]: 1 }))).toEqual([`unknown key "${'k'.repeat(64)}"`])
  })

  it('a number is no task id, although its digits would be one', () => {
    const parsed = parseTask(JSON.stringify(recaptcha({ taskId: 5 })), 'fallback')
    expect(parsed).toEqual({ kind: 'invalid', taskId: undefined, problems: ['taskId must be a string'] })
  })

  it('refuses a method that is no name', () => {
    for (const method of ['turnstile ', 'key[]', 'm'.repeat(65), 'a\u0000'])
      expect(problemsOf(recaptcha({ method }))).toEqual(['method must be 1 to 64 characters of A-Z a-z 0-9 _ . -'])
  })

  it('a hostile body of the largest size is read in a moment', () => {
    const many = (value: string) => Array.from({ length: 90_000 }, (_, i) => `"k${i.toString(36)}":${value}`).join(',')
    const bodies = [
      `{${many('1')}}`,
      `{"params":{${many('[]')}}}`,
      `{"params":{${many('{"a":[[]]}')}}}`,
      `{"params":${'['.repeat(500_000)}${']'.repeat(500_000)}}`,
      `${'{"a":'.repeat(170_000)}1${'}'.repeat(170_000)}`,
      JSON.stringify({ method: 'm'.repeat(1_000_000), proxy: 'p'.repeat(1000) }),
    ]
    for (const body of bodies) {
      const began = process.cpuUsage()
      expect(problemsOf(body).length).toBeGreaterThan(0)
      expect(process.cpuUsage(began).user / 1000).toBeLessThan(SLOWEST_MS)
    }
  })

  it('takes a body of exactly 256 KiB, and refuses one byte more', () => {
    const body = (bytes: number) => {
      const empty = JSON.stringify(recaptcha({ params: { pad: '' } }))
      return JSON.stringify(recaptcha({ params: { pad: 'x'.repeat(bytes - empty.length) } }))
    }
    expect(problemsOf(body(256 * 1024))).toEqual([])
    expect(problemsOf(body(256 * 1024 + 1))).toEqual(['the body is larger than 256 KiB'])
    // Bytes count, and not characters.
    const wide = JSON.stringify(recaptcha({ params: { pad: 'é'.repeat(200_000) } }))
    expect(problemsOf(wide)).toEqual(['the body is larger than 256 KiB'])
  })

  it('never throws, whatever JSON comes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          anyText(),
          fc.json(),
          fc.jsonValue().map((v) => JSON.stringify(v)),
        ),
        (body) => {
          const parsed = parseTask(body, 'fallback')
          return parsed.kind === 'task' || parsed.problems.length > 0
        },
      ),
      { numRuns: CASES },
    )
  })

  it('takes every legal task as it is: any Unicode, numbers at the edges of their ranges', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 })
    const param = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
    )
    const edge = fc.oneof(fc.constantFrom(10, 3600, 10.5, 3599.999), fc.double({ min: 10, max: 3600, noNaN: true }))
    const page = text.map((path) => `https://müller.example:8443/${path}`)
    const login = text.filter((login) => !login.startsWith('@') && !login.includes('://'))
    const message = fc.record(
      {
        taskId: fc.stringMatching(/^[A-Za-z0-9._:-]{1,128}$/),
        method: fc.constantFrom('userrecaptcha', 'turnstile', 'hcaptcha', 'something_new'),
        sitekey: text,
        pageurl: fc.oneof(anyUrl, page),
        params: fc.dictionary(
          fc.stringMatching(/^[A-Za-z0-9_.-]{1,64}$/).filter((k) => !/^(key|json|method|pingback|__proto__)$/i.test(k)),
          param,
        ),
        proxy: login.map((login) => `${login}@203.0.113.7:3128`),
        proxytype: fc.constantFrom('HTTP', 'HTTPS', 'SOCKS4', 'SOCKS5'),
        priority: fc.constantFrom('low', 'normal', 'high', 'critical'),
        deadlineSeconds: edge,
        reply: fc.constantFrom('queue', 'record', 'both'),
      },
      { requiredKeys: ['sitekey', 'pageurl'] },
    )
    fc.assert(
      fc.property(message, (value) => {
        const parsed = parseTask(JSON.stringify(value), 'fallback')
        expect(parsed).toMatchObject({ kind: 'task', task: JSON.parse(JSON.stringify(value)) })
      }),
      { numRuns: CASES },
    )
  })

  it('refuses every number outside its range', () => {
    const outside = fc.oneof(fc.double({ max: 9.999, noNaN: true }), fc.double({ min: 3600.001, noNaN: true }))
    fc.assert(
      fc.property(outside, (deadlineSeconds) => {
        const text = JSON.stringify(recaptcha()).replace(
          '}',
          `,"deadlineSeconds":${Number.isFinite(deadlineSeconds) ? deadlineSeconds : '1e999'}}`,
        )
        expect(problemsOf(text).join()).toContain('deadlineSeconds')
      }),
      { numRuns: CASES / 2 },
    )
  })
})
