import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { readResult } from '../../bin/commands/results/result-message.ts'
import { resultSchema } from '../../functions/adapters/dynamodb/task-item.ts'
import { SOLUTION_NOT_KEPT } from '../../functions/core/message/result-message.ts'
import { type Ending, resultOf } from '../../functions/core/task/settlement.ts'
import { parseTask } from '../../functions/messages/parse-task.ts'
import { RESULT_FILE, resultJsonSchema, TASK_FILE, taskJsonSchema, textOf } from './message-schemas.ts'
import { ROOT } from './settings-table.ts'

const read = (file: string) => readFileSync(file, 'utf8')
const ajv = new Ajv2020({ allowUnionTypes: true })
const isTask = ajv.compile(JSON.parse(read(TASK_FILE)))
const isResult = ajv.compile(JSON.parse(read(RESULT_FILE)))

/** What the schema in docs/schemas and the parser of submit say of one message body. */
const judged = (body: string) => ({
  schema: isTask(JSON.parse(body)),
  parser: parseTask(body, 'fallback').kind === 'task',
})

test('docs/schemas holds the schemas that the code has (`npm run schemas` writes them)', () => {
  expect(read(TASK_FILE)).toBe(textOf(taskJsonSchema()))
  expect(read(RESULT_FILE)).toBe(textOf(resultJsonSchema()))
})

const site = { sitekey: '6LdExample', pageurl: 'https://shop.example/login' }
const image = { method: 'base64', params: { body: 'aGVsbG8=' } }

describe('the schema of a task message and the parser agree on', () => {
  it.each<[string, object]>([
    ['the smallest task', site],
    [
      'a task with every field',
      {
        ...{
          ...site,
          taskId: 'a'.repeat(128),
          method: 'turnstile',
          params: { action: 'login', enterprise: 1, x: true },
        },
        ...{ proxy: 'u:p@proxy.example:8080', proxytype: 'SOCKS5', priority: 'critical', reply: 'both' },
        deadlineSeconds: 3600,
      },
    ],
    ['the site in params', { params: { googlekey: '6Ld', pageurl: 'https://shop.example' } }],
    ['an image', image],
    ['a method that nobody knows', { method: 'next_year.s-captcha' }],
    ['the shortest deadline', { ...site, deadlineSeconds: 10 }],
  ])('%s, which both accept', (_, message) => {
    expect(judged(JSON.stringify(message))).toEqual({ schema: true, parser: true })
  })

  it.each<[string, string]>([
    ['a list', '[]'],
    ['null', 'null'],
    ['a string', '"task"'],
    ...[
      { unknown: 1 },
      { taskId: '' },
      { taskId: 'a'.repeat(129) },
      { taskId: 'with space' },
      { taskId: 7 },
      { method: 'm'.repeat(65) },
      { method: '' },
      { sitekey: '' },
      { pageurl: 5 },
      { params: [] },
      { params: null },
      { params: { nested: {} } },
      { params: { nothing: null } },
      { params: { KEY: 'stolen' } },
      { params: { Pingback: 'https://stranger.example' } },
      { params: { 'a b': 1 } },
      { params: { '': 1 } },
      { proxy: '' },
      { proxytype: 'http' },
      { priority: 'urgent' },
      { deadlineSeconds: 9 },
      { deadlineSeconds: 3601 },
      { deadlineSeconds: '300' },
      { reply: 'email' },
    ].map((wrong): [string, string] => [JSON.stringify(wrong), JSON.stringify({ ...site, ...wrong })]),
    ['__proto__ as a parameter', `{"sitekey":"6Ld","pageurl":"https://shop.example","params":{"__proto__":"x"}}`],
  ])('%s, which both refuse', (_, body) => {
    expect(judged(body)).toEqual({ schema: false, parser: false })
  })
})

it.each<[string, object]>([
  ['what a method needs', { pageurl: site.pageurl }],
  ['a page that is no http or https URL', { ...site, pageurl: 'ftp://shop.example' }],
  ['a proxy with a scheme', { ...site, proxy: 'http://u:p@proxy.example:8080' }],
  ['an image that is no base64', { ...image, params: { body: '<png>' } }],
  ['the size of the body', { ...image, params: { body: 'A'.repeat(256 * 1024) } }],
])('the schema leaves to the parser: %s', (_, message) => {
  expect(judged(JSON.stringify(message))).toEqual({ schema: true, parser: false })
})

const bad = fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.constant(null), fc.constant({}), fc.constant([]))
/** Mostly absent, mostly good: a message of ten fields that are each wrong half the time would never be accepted. */
const field = (...good: unknown[]) =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constant(undefined) },
    { weight: 6, arbitrary: fc.constantFrom(...good) },
    { weight: 1, arbitrary: bad },
  )
const param = fc.oneof({ weight: 3, arbitrary: fc.oneof(fc.string(), fc.double(), fc.boolean()) }, bad)
const message = fc.record({
  taskId: field('order-17', 'A:b.c_d-1'),
  method: field('turnstile', 'userrecaptcha', 'other'),
  sitekey: field('6Ld', ' '),
  pageurl: field('https://shop.example', ' HTTP://x'),
  params: fc.oneof(field({}, { min_score: 0.3 }), fc.dictionary(fc.stringMatching(/^[\w.-]{1,3}$/), param)),
  proxy: field('u:p@proxy.example:80', '[::1]:8080'),
  proxytype: field('HTTP', 'SOCKS5'),
  priority: field('low', 'critical'),
  deadlineSeconds: field(10, 300.5, 3600),
  reply: field('record', 'both'),
})

test('the schema of a task message refuses nothing that the parser accepts', () => {
  let accepted = 0
  fc.assert(
    fc.property(message, fc.boolean(), (some, isSite) => {
      const { schema, parser } = judged(JSON.stringify(isSite ? { ...site, ...some } : some))
      if (parser) accepted += 1
      return schema || !parser
    }),
    { numRuns: 3000, seed: 7 },
  )
  expect(accepted).toBeGreaterThan(100)
})

const facts = {
  taskId: 'order-17',
  enqueuedAt: 0,
  charges: 1,
  provider: 'captchaai',
  captchaId: '7',
  submittedAt: 1000,
}
const endings: Ending[] = [
  { kind: 'solved', solution: '03AG', usableUntil: 60_000, doneAt: 1900 },
  { kind: 'solved', solution: { challenge: 'c', validate: 'v' }, usableUntil: null, doneAt: 1900 },
  { kind: 'failed', code: 'ERROR_PAGEURL', class: 'task', message: 'The page is wrong.' },
  { kind: 'expired' },
  { kind: 'expired', while: 'HTTP_502 from captchaai' },
]

describe('a result message', () => {
  it.each(endings.map((ending) => [JSON.stringify(ending), ending] as const))('%s is valid', (_, ending) => {
    for (const result of [
      resultOf(facts, ending, 2000),
      resultOf({ taskId: 'a', enqueuedAt: 0, charges: 0 }, ending, 1),
    ])
      expect([isResult(result), resultSchema.safeParse(result).success]).toEqual([true, true])
  })

  it('that says that its solution was not kept is valid', () => {
    const { solution: _, ...kept } = resultOf(
      facts,
      { kind: 'solved', solution: 'x', usableUntil: null, doneAt: 1900 },
      2000,
    )
    const result = { ...kept, error: SOLUTION_NOT_KEPT }
    expect([isResult(result), resultSchema.safeParse(result).success]).toEqual([true, true])
  })

  it('of a later version, with a field that this one does not know, is valid', () => {
    expect(isResult({ ...resultOf(facts, { kind: 'expired' }, 2000), region: 'eu-west-1' })).toBe(true)
  })

  it.each([
    { taskId: 7 },
    { status: 'done' },
    { solution: 5 },
    { error: { code: 'X' } },
    { error: 'X' },
    { attempts: '1' },
    { settledAt: 0 },
    { captchaId: 74213 },
  ])('with %j is not valid, to the schema as to the parser', (wrong) => {
    const result = { ...resultOf(facts, { kind: 'expired' }, 2000), ...wrong }
    expect([isResult(result), resultSchema.safeParse(result).success]).toEqual([false, false])
  })

  it('is read by lifesign whatever the ending', () => {
    for (const ending of endings)
      expect(readResult(JSON.stringify(resultOf(facts, ending, 2000)))?.status).toBe(ending.kind)
  })
})

test.each(['README.md', 'docs/clients.md'])('the example messages of %s are valid', (page) => {
  const examples = read(join(ROOT, page)).matchAll(/```json\n(\{ "taskId"[\s\S]*?)```/g)
  const [task = '', result = ''] = [...examples].map(([, text]) => text)
  expect(judged(task)).toEqual({ schema: true, parser: true })
  expect(isResult(JSON.parse(result))).toBe(true)
  expect(readResult(result)).toMatchObject({ status: 'solved', taskId: JSON.parse(task).taskId })
})
