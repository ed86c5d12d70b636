/**
 * `npm run schemas` writes the JSON Schemas of the task message and the result message into docs/schemas, from the schemas
 * that the functions themselves parse with; a test compares them. What JSON Schema cannot say is said in descriptions.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { toJSONSchema } from 'zod'
import { resultSchema } from '../../functions/adapters/dynamodb/task-item.ts'
import { METHOD_NAMES, methodOf } from '../../functions/core/provider/methods.ts'
import { TaskMessageSchema } from '../../functions/messages/parse-task.ts'
import { NAME, RESERVED } from '../../functions/messages/read-params.ts'

const FOLDER = join(import.meta.dirname, '../../docs/schemas')
export const TASK_FILE = join(FOLDER, 'task.json')
export const RESULT_FILE = join(FOLDER, 'result.json')

type Schema = Record<string, unknown>

const needs = METHOD_NAMES.map((name) => `${name}: ${methodOf(name).needs.join(', ') || 'nothing'}`).join('; ')

const TASK_FIELDS = {
  taskId: 'A task is solved at most once under one id. Default: the SQS message id.',
  method: `Any other method is passed to the provider as it is. A message that lacks what its method needs is refused. Needs: ${needs}. An empty parameter counts as missing.`,
  sitekey: 'May stand in params instead, there also as googlekey.',
  pageurl: 'An http or https URL. May stand in params instead.',
  params: "The provider's own parameters under their own names. The image of base64 and post (body) must be base64.",
  proxy: 'login:password@host:port or host:port, without a scheme. May stand in params instead.',
  proxytype: 'How the provider speaks to the proxy.',
  priority: 'The more urgent tasks are submitted first.',
  deadlineSeconds: 'Seconds from the first arrival on the task queue; then the task expires.',
  reply: 'Where the result goes: the result queue, the task item in the table, or both.',
}

const RESULT_FIELDS = {
  taskId: 'The id of the task.',
  status: 'How the task ended.',
  solution: 'With status solved. A string; for GeeTest the provider’s object.',
  error:
    'With status failed or expired; with status solved only SOLUTION_NOT_KEPT. A program switches on code; while says why an expired task last waited.',
  provider: 'Who solved or refused the task.',
  captchaId: 'The provider’s id of the attempt that ended the task.',
  attempts: 'Charges that are known or possible.',
  enqueuedAt: 'First arrival on the task queue. ISO 8601, UTC.',
  submittedAt: 'When the provider accepted the attempt that ended the task. ISO 8601, UTC.',
  settledAt: 'When the task ended. ISO 8601, UTC.',
  usableUntil: 'Tokens only: until then the site accepts the token. It may be in the past. ISO 8601, UTC.',
}

/** A parameter's name: of the right characters, and none of the fleet's own words in any spelling. */
const paramName = (): string => {
  const anyCase = (word: string) => word.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`)
  const [, characters = ''] = /^\^(.*)\$$/.exec(NAME.source) ?? []
  return `^(?!(?:${RESERVED.map(anyCase).join('|')})$)${characters}$`
}

const PARAMS: Schema = {
  type: 'object',
  propertyNames: { pattern: paramName() },
  additionalProperties: { type: ['string', 'number', 'boolean'] },
}

/** The properties with what is said of them; every property has a description, and every description a property. */
function described(properties: unknown, descriptions: Record<string, string>): Schema {
  const given: Schema = { ...Object(properties) }
  const names = new Set([...Object.keys(given), ...Object.keys(descriptions)])
  return Object.fromEntries(
    [...names].map((name) => {
      const description = descriptions[name]
      if (description === undefined || given[name] === undefined) throw new Error(`no schema or description of ${name}`)
      return [name, { ...Object(given[name]), description }]
    }),
  )
}

export function taskJsonSchema(): Schema {
  const { $schema, properties, ...rest } = toJSONSchema(TaskMessageSchema, { io: 'input', unrepresentable: 'any' })
  const fields = described({ ...properties, params: PARAMS }, TASK_FIELDS)
  return {
    $schema,
    title: 'Lifesign task message',
    description: 'The body of one message on the task queue: at most 256 KiB of JSON. See docs/contracts.md.',
    ...rest,
    properties: fields,
  }
}

export function resultJsonSchema(): Schema {
  const { $schema, properties, ...rest } = toJSONSchema(resultSchema, {
    io: 'input',
    unrepresentable: 'any',
    // The one custom schema is the provider's object, taken as it is.
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema._zod.def.type === 'custom') jsonSchema.type = 'object'
    },
  })
  return {
    $schema,
    title: 'Lifesign result message',
    description: 'The body of one message on the result queue. Later versions may add fields. See docs/contracts.md.',
    ...rest,
    properties: described(properties, RESULT_FIELDS),
  }
}

const LINE_WIDTH = 120

/** Lists of words on one line where they fit, as the formatter of this repository has them. */
export function textOf(schema: Schema): string {
  const text = JSON.stringify(schema, null, 2)
  const joined = text.replace(/\[\s+("[^"]*"(?:,\s+"[^"]*")*)\s+\]/g, (list, words: string, at: number) => {
    const line = `[${words.replace(/\s+/g, ' ')}]`
    const before = at - text.lastIndexOf('\n', at) - 1
    return before + line.length + 1 <= LINE_WIDTH ? line : list
  })
  return `${joined}\n`
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(TASK_FILE, textOf(taskJsonSchema()))
  writeFileSync(RESULT_FILE, textOf(resultJsonSchema()))
}
