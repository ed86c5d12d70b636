import { preferredType } from './accept.ts'
import type { CheckLine, CheckReport, Content, Grade } from './rendering.ts'
import type { HealthJsonBody } from './schemas/health-json-body.ts'

/** The first one is the default. No `Accept` is refused. */
const FORMATS = {
  'application/json': asJson,
  'application/health+json': asHealthJson,
  'text/plain': asText,
} as const
type Format = keyof typeof FORMATS
const OFFERED: readonly Format[] = ['application/json', 'application/health+json', 'text/plain']

/** An answer as it is sent. */
export interface Encoded {
  contentType: string
  text: string
  headers?: Record<string, string>
}

/** What the view says, in the format that `Accept` prefers. `version` is the fleet's. */
export function encode(content: Content, grade: Grade, accept: string | undefined, version: string): Encoded {
  if (content.kind === 'document') return content
  return FORMATS[preferredType(accept, OFFERED) ?? 'application/json'](content, grade, version)
}

export const jsonText = (body: object): Encoded => ({ contentType: 'application/json', text: JSON.stringify(body) })

function asJson({ body }: CheckReport): Encoded {
  return jsonText(body)
}

/** The shape of the IETF draft "Health Check Response Format for HTTP APIs" (draft-inadarei-api-health-check-06). */
function asHealthJson({ checks }: CheckReport, grade: Grade, version: string): Encoded {
  const problems = checks.filter((check) => check.grade !== 'pass').map(({ name, says }) => `${name}: ${says}`)
  const body: HealthJsonBody = {
    status: grade,
    releaseId: version,
    ...(grade === 'pass' ? {} : { output: problems.join('; ') }),
    checks: Object.fromEntries([...Map.groupBy(checks, keyOf)].map(([key, lines]) => [key, lines.map(checkObject)])),
  }
  return { contentType: 'application/health+json', text: JSON.stringify(body) }
}

/** The draft's `component:measurement`. */
const keyOf = ({ name, responseMs }: CheckLine): string => (responseMs === undefined ? name : `${name}:responseTime`)

const checkObject = ({ grade, says, at, responseMs, runbook }: CheckLine) => ({
  status: grade,
  ...(typeof responseMs === 'number' ? { observedValue: responseMs, observedUnit: 'ms' as const } : {}),
  ...(typeof at === 'string' ? { time: at } : {}),
  ...(grade === 'pass' ? {} : { output: says }),
  ...(runbook === undefined ? {} : { links: { help: runbook } }),
})

/** One line for each check: `[+]name says`, or `[-]name says` for a check that fails. */
function asText({ checks }: CheckReport): Encoded {
  const lines = checks.map(({ name, grade, says, runbook }) => {
    const see = runbook === undefined ? '' : ` see ${runbook}`
    return `[${grade === 'fail' ? '-' : '+'}]${oneLine(`${name} ${says}`)}${see}\n`
  })
  return { contentType: 'text/plain; charset=utf-8', text: lines.join('') }
}

/** No text can begin a line of its own. */
const oneLine = (text: string): string => text.replace(/[^\x20-\x7e]+/g, ' ')
