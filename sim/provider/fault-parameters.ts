import * as z from 'zod'

function number(min: number, max: number, help: string) {
  const text = `must be a number from ${min} to ${max}`
  return z.number(text).min(min, text).max(max, text).describe(help)
}
function whole(min: number, max: number, help: string) {
  const text = `must be a whole number from ${min} to ${max}`
  return z.int(text).min(min, text).max(max, text).describe(help)
}

/** The parameters of the named faults; a parameter means the same for every fault that takes it. */
const faultParameters = z
  .strictObject({
    /** The longest is a day. */
    seconds: number(1, 86_400, 'how long it lasts'),
    from: number(0, 86_400, 'seconds until it begins; unless said, it begins at once'),
    rate: number(0, 1, 'the share of requests that it strikes'),
    count: whole(1, 1_000_000, 'the most requests that it strikes'),
    threads: whole(0, 10_000, 'captchas in work at a time'),
    ms: number(0, 600_000, 'how much later an answer comes, in milliseconds'),
    status: whole(300, 599, 'the HTTP status'),
    code: z.string('must be a text').trim().min(1, 'must not be empty').describe('the code that the provider says'),
  })
  .partial()
export type FaultValues = z.infer<typeof faultParameters>

const shape = faultParameters.shape
type ParameterName = keyof typeof shape
const isParameter = (name: string): name is ParameterName => Object.hasOwn(shape, name)

export const FAULT_PARAMETERS = Object.keys(shape)
  .filter(isParameter)
  .map((name) => ({ name, help: shape[name].unwrap().description ?? '', text: name === 'code' }))

/** The values with their types, or each problem that they have. */
export function readValues(given: Readonly<Record<string, unknown>>): { values: FaultValues } | { problems: string[] } {
  const parsed = faultParameters.safeParse(given)
  if (parsed.success) return { values: parsed.data }
  return { problems: parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`) }
}
