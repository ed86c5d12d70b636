/** A stream of numbers in [0, 1) that is the same for ever for the same seed. */
export type Random = () => number

const mix = (state: number): number => {
  let mixed = state
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
  return (mixed ^ (mixed >>> 15)) >>> 0
}

/** The stream named by `seed` and `label`, so that one use of chance never shifts another. */
export function seeded(seed: number, label = ''): Random {
  let state = mix(seed)
  for (const character of label) state = mix(state ^ (character.codePointAt(0) ?? 0) ^ 0x9e3779b9)
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    return mix(state) / 2 ** 32
  }
}

export type Span = number | readonly [number, number]

/** A fixed number, or one from the span. */
export const within = (random: Random, span: Span): number =>
  typeof span === 'number' ? span : span[0] + random() * (span[1] - span[0])

/** Log-normal: half of the draws are below `median`; `sigma` is the spread of the logarithm. */
export function logNormal(random: Random, median: number, sigma: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return median * Math.exp(sigma * normal)
}

/** Lower-case hexadecimal digits. */
export const hex = (random: Random, digits: number): string =>
  Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('')
