import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseTask } from '../../functions/submit/parse-task.ts'
import { recaptcha, smallFleet } from '../small-fleet.ts'

const CASES = 4000

function problemsOf(body: unknown): string[] {
  const parsed = parseTask(typeof body === 'string' ? body : JSON.stringify(body), 'fallback')
  return parsed.kind === 'invalid' ? parsed.problems : []
}

describe('bad input', () => {
  it('bad JSON, missing fields, unknown keys, wrong types, a body over 256 KiB, deep nesting: no charge; every problem named; the rest of the batch unaffected; message in the dead-letter queue with its reason (row 12)', async () => {
    const fleet = smallFleet()
    const bodies: [string, string[]][] = [
      ['{nope', ['not JSON']],
      ['[1]', ['JSON object']],
      [JSON.stringify({ sitekey: 's' }), ['pageurl is required']],
      [
        JSON.stringify(recaptcha({ foo: 'secret-value', priority: 'urgent', deadlineSeconds: 5 })),
        ['unknown key foo', 'priority', 'deadlineSeconds'],
      ],
      [JSON.stringify(recaptcha({ params: { a: null, b: [1] } })), ['params.a', 'params.b']],
      [JSON.stringify(recaptcha({ params: { x: 'y'.repeat(300 * 1024) } })), ['256 KiB']],
      [`${'['.repeat(1000)}${']'.repeat(1000)}`, ['JSON object']],
      [`{"sitekey":"s","pageurl":"p","params":${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}}`, ['params.a']],
    ]
    const good = fleet.send(recaptcha({ taskId: 'good' }))
    const ids = bodies.map(([body]) => fleet.send(body))
    await fleet.drain()
    expect(good).toBeDefined()
    expect(fleet.provider.ledger).toHaveLength(1)
    expect(fleet.resultsOf('good')).toMatchObject([{ status: 'solved' }])
    const letters = [...fleet.queues.deadLetters.held.values()]
    expect(letters).toHaveLength(bodies.length)
    for (const [i, [body, words]] of bodies.entries()) {
      const id = ids[i] ?? ''
      const results = fleet.resultsOf(id)
      expect(results).toMatchObject([
        { status: 'failed', attempts: 0, error: { code: 'INVALID_TASK', class: 'invalid' } },
      ])
      const letter = letters.find((l) => l.body === body)
      expect(letter?.attributes.taskId).toBe(id)
      expect(letter?.attributes.firstSeen).toMatch(/^\d{4}-/)
      for (const word of words) {
        expect(results[0]?.error?.message).toContain(word)
        expect(letter?.attributes.reason).toContain(word)
      }
      expect(letter?.attributes.reason).toMatch(/^INVALID_TASK: /)
      expect(letter?.attributes.reason?.length).toBeLessThanOrEqual(1000)
      expect(letter?.attributes.reason).not.toContain('secret-value')
    }
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
      outbox: (real) => ({ send: async (q, m) => (q === 'tasks' ? m.map(() => false) : real.send(q, m)) }),
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
    expect(problemsOf(recaptcha({ sitekey: 5 }))).toEqual(['sitekey must be a string'])
  })

  it('refuses parameters that would speak in the fleet’s name', () => {
    for (const name of ['key', 'json', 'method', 'pingback']) {
      expect(problemsOf(recaptcha({ params: { [name]: 'x' } }))).toEqual([`params.${name} is not a parameter`])
    }
  })

  it('takes a body of exactly 256 KiB, and refuses one byte more', () => {
    const body = (bytes: number) => {
      const empty = JSON.stringify(recaptcha({ params: { pad: '' } }))
      return JSON.stringify(recaptcha({ params: { pad: 'x'.repeat(bytes - empty.length) } }))
    }
    expect(problemsOf(body(256 * 1024))).toEqual([])
    expect(problemsOf(body(256 * 1024 + 1))).toEqual(['the body is larger than 256 KiB'])
  })

  it('never throws, whatever JSON comes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
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
    const message = fc.record(
      {
        taskId: fc.stringMatching(/^[A-Za-z0-9._:-]{1,128}$/),
        method: fc.constantFrom('userrecaptcha', 'turnstile', 'hcaptcha', 'something_new'),
        sitekey: text,
        pageurl: text,
        params: fc.dictionary(
          fc.string({ minLength: 1 }).filter((k) => !['key', 'json', 'method', 'pingback', '__proto__'].includes(k)),
          param,
        ),
        proxy: text,
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
