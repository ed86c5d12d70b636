/**
 * `npm run openapi` writes docs/openapi.json (OpenAPI 3.1) from the schemas that the types of the health views are made of;
 * a test compares the two, and validates real answers against it.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { toJSONSchema, type z } from 'zod'
import { deepBody } from '../../functions/health/schemas/deep-body.ts'
import {
  checkBody,
  dependenciesBody,
  reducedCheckBody,
  reducedDependenciesBody,
} from '../../functions/health/schemas/dependencies-body.ts'
import { errorBody } from '../../functions/health/schemas/error-body.ts'
import { healthJsonBody } from '../../functions/health/schemas/health-json-body.ts'
import { liveBody } from '../../functions/health/schemas/live-body.ts'
import { overviewBody, reducedOverviewBody } from '../../functions/health/schemas/overview-body.ts'
import { readyBody, reducedReadyBody } from '../../functions/health/schemas/ready-body.ts'
import { statusJsonBody } from '../../functions/health/schemas/status-json-body.ts'
import { mode, readiness } from '../../functions/health/schemas/words.ts'
import { textOf } from './message-schemas.ts'

const ROOT = join(import.meta.dirname, '../..')
export const OPENAPI_FILE = join(ROOT, 'docs/openapi.json')

type Schema = Record<string, unknown>

/** Name in the document → schema. */
export const BODIES = {
  Live: liveBody,
  Ready: readyBody,
  ReducedReady: reducedReadyBody,
  Dependencies: dependenciesBody,
  ReducedDependencies: reducedDependenciesBody,
  Dependency: checkBody,
  ReducedDependency: reducedCheckBody,
  Overview: overviewBody,
  ReducedOverview: reducedOverviewBody,
  Deep: deepBody,
  HealthJson: healthJsonBody,
  StatusJson: statusJsonBody,
  Error: errorBody,
} as const
type BodyName = keyof typeof BODIES

/**
 * Later versions may add fields, so the document does not forbid them; the tests do. A reduced answer never has more
 * than its schema names.
 */
function schemaOf(schema: z.core.$ZodType, isClosed = false): Schema {
  const { $schema: _, ...rest } = toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      if (!isClosed && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
    },
  })
  return rest
}

const refTo = (name: BodyName): Schema => ({ $ref: `#/components/schemas/${name}` })
const eitherOf = (...names: BodyName[]): Schema =>
  names.length === 1 && names[0] !== undefined ? refTo(names[0]) : { anyOf: names.map(refTo) }

const headers = (...names: string[]): Schema =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
const OF_EVERY_ANSWER = ['Cache-Control', 'X-Content-Type-Options']
const OF_A_VIEW = [...OF_EVERY_ANSWER, 'X-Health-Status', 'X-Service-Mode', 'X-Health-Time']

/** The three formats of a report. */
const formats = (...names: BodyName[]): Schema => ({
  'application/json': { schema: eitherOf(...names) },
  'application/health+json': { schema: refTo('HealthJson') },
  'text/plain': { schema: { type: 'string', pattern: '^(\\[[+-]\\][^\\n]+\\n)+$' } },
})
const only = (type: string, schema: Schema = { type: 'string' }): Schema => ({ [type]: { schema } })
const answer = (description: string, names: string[], content: Schema): Schema => ({
  description,
  headers: headers(...names),
  content,
})
const refusal = (description: string, ...names: string[]): Schema =>
  answer(description, names, only('application/json', refTo('Error')))

interface Operation {
  summary: string
  content: Schema
  good: string
  bad: string
}
const answers = ({ content, good, bad }: Operation): Schema => ({
  200: answer(good, OF_A_VIEW, content),
  503: answer(bad, [...OF_A_VIEW, 'Retry-After'], content),
})
/** HEAD has the code and the headers of GET. */
const reading = (operation: Operation, more: Schema = {}): Schema => {
  const get = { summary: operation.summary, responses: answers(operation), ...more }
  return { get, head: { ...get, summary: `The same without a body. ${operation.summary}` } }
}

/** A view that is never 503. */
const always = (summary: string, good: Schema): Schema => ({
  get: { summary, responses: { 200: good } },
  head: { summary: `The same without a body. ${summary}`, responses: { 200: good } },
})

const DEEP = {
  content: formats('Deep'),
  good: 'The run is good and at most an hour old.',
  bad: 'There was no run, it is old, or a hard dependency is not ok.',
}
const PROTECTED = {
  401: refusal('No token.', ...OF_A_VIEW, 'WWW-Authenticate'),
  403: refusal('A wrong token.', ...OF_A_VIEW),
}

const PATHS: Record<string, Schema> = {
  '/health/live': always(
    'That the function runs. Reads nothing; for restarts this view and no other.',
    answer('Always.', OF_EVERY_ANSWER, formats('Live')),
  ),
  '/health/ready': reading({
    summary: 'Whether tasks may be sent to the fleet.',
    content: formats('Ready', 'ReducedReady'),
    good: 'ready or degraded.',
    bad: 'not_ready or unknown.',
  }),
  '/health/dependencies': reading({
    summary: 'Every dependency with its last real evidence.',
    content: formats('Dependencies', 'ReducedDependencies'),
    good: 'Every hard dependency is ok.',
    bad: 'A hard dependency is not ok.',
  }),
  '/health/dependencies/{name}': {
    parameters: [{ name: 'name', in: 'path', required: true, schema: { type: 'string' } }],
    ...withNotFound(
      reading({
        summary: 'One dependency.',
        content: formats('Dependency', 'ReducedDependency'),
        good: 'It is soft, or it is ok.',
        bad: 'It is hard and not ok.',
      }),
    ),
  },
  '/health': reading({
    summary: 'The load of the fleet and the priorities that it accepts. May be 503 while ready is 200.',
    content: formats('Overview', 'ReducedOverview'),
    good: 'healthy.',
    bad: 'degraded or overloaded.',
  }),
  '/health/deep': withProtection({
    ...reading({ summary: 'The last deep run. Costs nothing.', ...DEEP }),
    post: {
      summary: 'Runs every probe, one run at a time in the whole fleet.',
      requestBody: {
        content: only('application/json', {
          type: 'object',
          properties: { paid: { type: 'boolean', description: 'true: one paid task is submitted too.' } },
          additionalProperties: false,
        }),
      },
      responses: {
        ...answers({ summary: '', ...DEEP }),
        400: refusal('The body is something else. Nothing ran.', ...OF_A_VIEW),
        409: refusal('Another run goes on.', ...OF_A_VIEW, 'Retry-After'),
      },
    },
  }),
  '/metrics': reading({
    summary: 'Numbers for Prometheus; account numbers only with the token.',
    content: { ...only('text/plain'), ...only('application/openmetrics-text') },
    ...page('Numbers'),
  }),
  '/status': reading({ summary: 'The state for people.', content: only('text/html'), ...page('A page') }),
  '/status.json': reading({
    summary: 'The state in the shape of Statuspage.',
    content: only('application/json', refTo('StatusJson')),
    ...page('The state'),
  }),
  '/badge.svg': reading({ summary: 'The state as a badge.', content: only('image/svg+xml'), ...page('A badge') }),
  '/runbook': always(
    'The runbook: what each alarm and each issue means, and what to do.',
    answer('The same in every state.', OF_A_VIEW, { ...only('text/html'), ...only('text/plain') }),
  ),
}

function page(what: string) {
  return { good: `${what}, whatever it says.`, bad: 'The record cannot be read; the answer says that.' }
}
function withNotFound(operations: Schema): Schema {
  return withResponses(operations, { 404: refusal('No dependency has this name.', ...OF_EVERY_ANSWER) })
}
function withProtection(operations: Schema): Schema {
  const all = withResponses(operations, PROTECTED)
  return Object.fromEntries(
    Object.entries(all).map(([method, operation]) => [method, { ...Object(operation), security: [{ token: [] }] }]),
  )
}
function withResponses(operations: Schema, more: Schema): Schema {
  return Object.fromEntries(
    Object.entries(operations).map(([method, operation]) => [
      method,
      { ...Object(operation), responses: { ...Object(operation).responses, ...more } },
    ]),
  )
}

const header = (description: string, schema: Schema): Schema => ({ description, required: true, schema })

export const openApi = (): Schema => ({
  openapi: '3.1.0',
  info: {
    title: 'Lifesign health views',
    version: String(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version),
    description:
      'What each field means is in docs/contracts.md. A trailing slash and the query are ignored. An unknown path is 404 and ' +
      'any other method 405, both with the schema Error. Without the token an answer has the reduced schema, which is ' +
      'closed; later versions may add fields to the others.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  servers: [{ url: 'http://127.0.0.1:8080', description: 'npm start' }],
  security: [{}, { token: [] }],
  paths: PATHS,
  components: {
    securitySchemes: {
      token: { type: 'http', scheme: 'bearer', description: "The entry healthToken of the stack's secret." },
    },
    headers: {
      'Cache-Control': header('No answer may be stored.', { const: 'no-store' }),
      'X-Content-Type-Options': header('The type is as it says.', { const: 'nosniff' }),
      'X-Health-Status': header('The readiness status, whatever the view is.', schemaOf(readiness)),
      'X-Service-Mode': header('The mode.', schemaOf(mode)),
      'X-Health-Time': header('When the last sweep ran, ISO 8601, or unknown.', { type: 'string' }),
      'Retry-After': header('Seconds after which the answer may have changed.', {
        type: 'string',
        pattern: '^[1-9][0-9]{0,2}$',
      }),
      'WWW-Authenticate': header('The scheme.', { const: 'Bearer' }),
    },
    schemas: Object.fromEntries(
      Object.entries(BODIES).map(([name, schema]) => [name, schemaOf(schema, name.startsWith('Reduced'))]),
    ),
  },
})

if (process.argv[1] === import.meta.filename) writeFileSync(OPENAPI_FILE, textOf(openApi()))
