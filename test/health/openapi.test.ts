import { readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import type { DeepOutcome } from '../../functions/health/deep/deep.ts'
import { makeTokenCheck } from '../../functions/health/token-check.ts'
import { VIEWS } from '../../functions/health/views.ts'
import { NOON } from '../../sim/memory/clock.ts'
import { deepCheck, deepRun } from '../build/deep-run.ts'
import { textOf } from '../docs/message-schemas.ts'
import { BODIES, OPENAPI_FILE, openApi } from '../docs/openapi.ts'
import { healthSeeing, type ServedAnswer, STATES } from './served-views.ts'

type Json = Record<string, unknown>
const document: Json = JSON.parse(readFileSync(OPENAPI_FILE, 'utf8'))
const ajv = new Ajv2020({ strict: false, validateFormats: false })
ajv.addSchema(document, 'openapi')
const at = (...path: string[]): Json => path.reduce<Json>((inner, name) => Object(inner[name]), document)
const pointer = (...path: string[]) =>
  `openapi#/${path.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`

const compiled = new Map<string, ValidateFunction>()
function validatorOf(...path: string[]): ValidateFunction {
  const ref = pointer(...path)
  const validate = compiled.get(ref) ?? ajv.compile({ $ref: ref })
  compiled.set(ref, validate)
  return validate
}

/** What is wrong with an answer by the document; empty: nothing. */
function problemsOf(template: string, method: string, { status, headers, body }: ServedAnswer): string[] {
  const place = ['paths', template, method.toLowerCase(), 'responses', String(status)]
  const response = at(...place)
  if (Object.keys(response).length === 0) return [`${status} is not documented`]
  const type = headers['Content-Type']?.split(';')[0] ?? ''
  const documented = Object.keys(Object(response.headers))
  const own = ['Content-Type', 'Content-Length', 'Content-Security-Policy', 'Referrer-Policy', 'Allow']
  const extra = Object.keys(headers).filter((name) => !documented.includes(name) && !own.includes(name))
  const wrong = documented.filter((name) => !validatorOf('components', 'headers', name, 'schema')(headers[name]))
  const problems = [
    ...extra.map((name) => `header ${name} is not documented`),
    ...wrong.map((name) => `header ${name}`),
  ]
  if (!Object.hasOwn(Object(response.content), type)) return [...problems, `type ${type} is not documented`]
  if (method === 'HEAD') return problems
  const validate = validatorOf(...place, 'content', type, 'schema')
  const value: unknown = type.endsWith('json') ? JSON.parse(body) : body
  return validate(value) ? problems : [...problems, ajv.errorsText(validate.errors)]
}

const TOKEN = 'token-of-the-test'
const access = makeTokenCheck({ stage: 'prod', configured: undefined, stored: async () => TOKEN })
const TOKENS = [{}, { authorization: 'Bearer wrong' }, { authorization: `Bearer ${TOKEN}` }]
const ACCEPTS = [undefined, 'application/health+json', 'text/plain', 'application/openmetrics-text', 'text/html']
const requestsOf = (...methods: string[]) =>
  methods.flatMap((method) =>
    TOKENS.flatMap((token) =>
      ACCEPTS.map((accept) => ({ method, headers: { ...token, ...(accept !== undefined && { accept }) } })),
    ),
  )
const TEMPLATES = Object.keys(VIEWS).map((path) => path.replace('*', '{name}'))
const NAMES = ['captchaaiApi', 'twocaptchaApi', 'table', 'taskQueue', 'secret', 'sweep', 'nope']
const pathsOf = (template: string) =>
  template.includes('{name}') ? NAMES.map((name) => template.replace('{name}', name)) : [template]

describe('docs/openapi.json', () => {
  it('is what the schemas of the views say (`npm run openapi` writes it)', () => {
    expect(readFileSync(OPENAPI_FILE, 'utf8')).toBe(textOf(openApi()))
  })

  it('documents every view and no other', () => {
    expect(Object.keys(at('paths')).sort()).toEqual([...TEMPLATES].sort())
  })

  it('has every schema and header that it points to', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path.split('/'))
    expect(refs.length).toBeGreaterThan(50)
    for (const path of refs) expect(Object.keys(at(...path)).length, path.join('/')).toBeGreaterThan(0)
  })

  describe.each(Object.entries(STATES))('record %s', (_, { reading }) => {
    const get = healthSeeing(reading, { access, backup: true })

    it.each(TEMPLATES)('every answer of %s is as documented', async (template) => {
      for (const path of pathsOf(template))
        for (const request of requestsOf('GET', 'HEAD'))
          expect(problemsOf(template, request.method, await get(path, request)), JSON.stringify(request)).toEqual([])
    })
  })

  const outcomes: [string, DeepOutcome][] = [
    ['that was never made', { kind: 'run', run: null }],
    ['that is good', { kind: 'run', run: deepRun() }],
    [
      'that is bad',
      {
        kind: 'run',
        run: deepRun({ checks: { table: deepCheck({ status: 'down', error: 'E', reason: 'It is down.' }) } }),
      },
    ],
    ['that is old', { kind: 'run', run: deepRun({ ranAt: NOON - 9_000_000 }) }],
    ['that goes on', { kind: 'running', until: NOON + 20_000 }],
    ['that cannot be read', { kind: 'unreachable' }],
    ['that was asked for badly', { kind: 'badRequest' }],
  ]
  it.each(outcomes)('every answer about a deep run %s is as documented', async (_, outcome) => {
    const get = healthSeeing(STATES.ready.reading, { access, deep: async () => outcome })
    const methods = outcome.kind === 'running' || outcome.kind === 'badRequest' ? ['POST'] : ['GET', 'HEAD', 'POST']
    for (const request of requestsOf(...methods))
      expect(problemsOf('/health/deep', request.method, await get('/health/deep', request))).toEqual([])
  })

  it('an unknown path and another method have the schema of errors', async () => {
    const get = healthSeeing(STATES.ready.reading)
    for (const answer of [await get('/nowhere'), await get('/health/ready', { method: 'DELETE' })])
      expect(BODIES.Error.safeParse(answer.json).success).toBe(true)
  })

  it('finds an answer that is not as documented', async () => {
    const good = await healthSeeing(STATES.ready.reading)('/health/ready')
    expect(problemsOf('/health/ready', 'GET', good)).toEqual([])
    const changed = (change: Json): ServedAnswer => ({ ...good, body: JSON.stringify({ ...good.json, ...change }) })
    const bad = [changed({ status: 'green' }), changed({ stats: { solved: '7' } }), { ...good, status: 500 }]
    for (const answer of bad) expect(problemsOf('/health/ready', 'GET', answer)).toHaveLength(1)
    expect(problemsOf('/health/ready', 'GET', { ...good, headers: { ...good.headers, 'X-New': '1' } })).toEqual([
      'header X-New is not documented',
    ])
  })
})

describe('the bodies hold what their schemas name and nothing else', () => {
  const full = {
    Ready: '/health/ready',
    Dependencies: '/health/dependencies',
    Overview: '/health',
    StatusJson: '/status.json',
  }
  const both = { ...full, Live: '/health/live', Dependency: '/health/dependencies/table', Deep: '/health/deep' }
  const reduced = {
    ReducedReady: '/health/ready',
    ReducedDependencies: '/health/dependencies',
    ReducedDependency: '/health/dependencies/table',
    ReducedOverview: '/health',
  }
  it.each(Object.entries(STATES))('record %s', async (_, { reading }) => {
    const get = healthSeeing(reading, { access })
    const headers = { authorization: `Bearer ${TOKEN}` }
    for (const [names, more] of [
      [both, { headers }],
      [reduced, {}],
    ] as const)
      for (const [name, path] of Object.entries(names)) {
        const schema = Object.entries(BODIES).find(([body]) => body === name)?.[1]
        const parsed = schema?.safeParse((await get(path, more)).json)
        expect([name, parsed?.error?.issues ?? []]).toEqual([name, []])
      }
  })
})
