/** More than any client of ours sends; the rest of a longer header is not read. */
const LONGEST = 2_000

/**
 * The type among `offered` that the header `Accept` prefers: the highest q-value, then the most exact range, then the
 * range that the client names first, then the type that is offered first. Null: the client accepts none of them.
 */
export function preferredType<Type extends string>(accept: string | undefined, offered: readonly Type[]): Type | null {
  const ranges = (accept ?? '').slice(0, LONGEST).split(',').map(parsedRange)
  const accepted = offered.flatMap((type) => {
    const best = ranges.filter(({ covers }) => covers(type)).sort((a, b) => b.exactness - a.exactness)[0]
    return best === undefined || best.q === 0 ? [] : [{ type, best }]
  })
  accepted.sort(
    ({ best: a }, { best: b }) => b.q - a.q || b.exactness - a.exactness || ranges.indexOf(a) - ranges.indexOf(b),
  )
  return accepted[0]?.type ?? null
}

interface Range {
  covers: (type: string) => boolean
  /** 2: a type, 1: all subtypes of a type, 0: everything. */
  exactness: 0 | 1 | 2
  q: number
}

/** One element of the header. What is no range covers no type; parameters other than `q` do not matter here. */
function parsedRange(text: string): Range {
  const [name = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const q = weightOf(parameters.find((parameter) => /^q\s*=/.test(parameter)))
  if (name === '*/*') return { covers: () => true, exactness: 0, q }
  if (name.endsWith('/*')) return { covers: (type) => type.startsWith(name.slice(0, -1)), exactness: 1, q }
  return { covers: (type) => type === name, exactness: 2, q }
}

/** A weight that is no number from 0 to 1 counts as 1, as if it were not there. */
function weightOf(parameter: string | undefined): number {
  const text = parameter?.split('=')[1]?.trim() ?? ''
  const q = /^\d(\.\d*)?$/.test(text) ? Number(text) : 1
  return Math.min(1, q)
}
