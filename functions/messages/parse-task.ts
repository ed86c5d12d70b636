import * as z from 'zod/mini'
import { isRecord } from '../contract/is-record.ts'
import { LIMITS } from '../contract/limits.ts'
import { TASK_ID } from '../contract/messages.ts'
import { methodOf } from '../core/provider/methods.ts'
import type { Task } from '../core/task/task.ts'
import { wrongFields } from './field-rules.ts'
import { NAME, NAME_RULE, readParams } from './read-params.ts'
import { shown } from './shown.ts'

const DEFAULT_METHOD = 'userrecaptcha'

const text = z.string('must be a string').check(z.minLength(1, 'must not be empty'))
const oneOf = <const T extends readonly string[]>(values: T) => z.enum(values, `must be one of ${values.join(', ')}`)

export const TaskMessageSchema = z.strictObject(
  {
    taskId: z.optional(
      z.string('must be a string').check(z.regex(TASK_ID, 'must be 1 to 128 characters of A-Z a-z 0-9 . _ : -')),
    ),
    method: z._default(text.check(z.regex(NAME, NAME_RULE)), DEFAULT_METHOD),
    sitekey: z.optional(text),
    pageurl: z.optional(text),
    params: z.optional(z.unknown()),
    proxy: z.optional(text),
    proxytype: z.optional(oneOf(['HTTP', 'HTTPS', 'SOCKS4', 'SOCKS5'])),
    priority: z._default(oneOf(['low', 'normal', 'high', 'critical']), 'normal'),
    deadlineSeconds: z._default(
      z
        .number('must be a number')
        .check(z.minimum(10, 'must be at least 10'), z.maximum(LIMITS.longestDeadlineSeconds, 'must be at most 3600')),
      300,
    ),
    reply: z._default(oneOf(['queue', 'record', 'both']), 'queue'),
  },
  'the message must be a JSON object',
)

type ParsedTask =
  | { kind: 'task'; task: Task }
  /** `taskId` where a valid one could be read. Problems name fields, never values. */
  | { kind: 'invalid'; taskId: string | undefined; problems: string[] }

/**
 * The task in a message body (docs/contracts.md, "Task message"). Never throws. `fallbackId` is its id when the body
 * has none.
 */
export function parseTask(body: string, fallbackId: string): ParsedTask {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return { kind: 'invalid', taskId: undefined, problems: [...tooLarge(body), 'the body is not JSON'] }
  }
  const parsed = TaskMessageSchema.safeParse(value)
  const wrong = parsed.success ? [] : parsed.error.issues.flatMap(problemsOf)
  const { params, problems: wrongParams } = readParams(isRecord(value) ? value.params : undefined)
  const problems = [...tooLarge(body), ...wrong, ...wrongParams, ...(isRecord(value) ? unfit(value) : [])]
  if (!parsed.success || problems.length > 0) return { kind: 'invalid', taskId: readableId(value), problems }
  return { kind: 'task', task: { ...parsed.data, params, taskId: parsed.data.taskId ?? fallbackId } }
}

function problemsOf(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `unknown key ${shown(key)}`)
  const at = issue.path.map((part) => shown(String(part))).join('.')
  return [at === '' ? issue.message : `${at} ${issue.message}`]
}

const tooLarge = (body: string): string[] =>
  Buffer.byteLength(body) > LIMITS.bodyBytes ? [`the body is larger than ${LIMITS.bodyBytes / 1024} KiB`] : []

/** What would be paid for in vain; named even where other fields are wrong. */
function unfit(fields: Record<string, unknown>): string[] {
  const { method = DEFAULT_METHOD } = fields
  const params = isRecord(fields.params) ? fields.params : {}
  if (typeof method !== 'string') return wrongFields(DEFAULT_METHOD, fields, params)
  return [...missing(method, fields, params), ...wrongFields(method, fields, params)]
}

/** What the method needs and the message lacks. An empty parameter is as good as none. */
function missing(method: string, fields: Record<string, unknown>, params: Record<string, unknown>): string[] {
  const isParam = (name: string) => Object.hasOwn(params, name) && params[name] !== ''
  const has = (field: string): boolean => {
    if (field.startsWith('params.')) return isParam(field.slice('params.'.length))
    return Object.hasOwn(fields, field) || isParam(field) || (field === 'sitekey' && isParam('googlekey'))
  }
  const { needs } = methodOf(method, params)
  return needs.filter((field) => !has(field)).map((field) => `${field} is required for method ${method}`)
}

function readableId(value: unknown): string | undefined {
  if (!isRecord(value)) return undefined
  return typeof value.taskId === 'string' && TASK_ID.test(value.taskId) ? value.taskId : undefined
}
