/** A seeded generator of numbers (sfc32): the same seed gives the same numbers for ever. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Whole, from `low` to `high`, both included. */
  between(low: number, high: number): number
  chance(probability: number): boolean
  pick<T>(from: readonly [T, ...T[]]): T
  /** 128 bits as lower-case hex. */
  hex(): string
  /** A generator of its own, so that more numbers drawn here do not shift those drawn there. */
  fork(): Random
}

export function seededRandom(seed: number): Random {
  let a = seed >>> 0
  let b = Math.trunc(seed / 2 ** 32) >>> 0
  let c = 0x9e3779b9
  let counter = 1
  const word = (): number => {
    const t = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + t) | 0
    return t >>> 0
  }
  for (let n = 0; n < 15; n++) word()
  const next = () => word() / 2 ** 32
  const hexWord = () => word().toString(16).padStart(8, '0')
  return {
    next,
    between: (low, high) => low + Math.floor(next() * (high - low + 1)),
    chance: (probability) => next() < probability,
    pick: (from) => from[Math.floor(next() * from.length)] ?? from[0],
    hex: () => hexWord() + hexWord() + hexWord() + hexWord(),
    fork: () => seededRandom(word() * 2 ** 20 + (word() >>> 12)),
  }
}

/** The generator named by `seed` and `label`, so that one use of chance never shifts another. */
export function labelledRandom(seed: number, label: string): Random {
  let state = mixed(seed)
  for (const character of label) state = mixed(state ^ (character.codePointAt(0) ?? 0) ^ 0x9e3779b9)
  return seededRandom(state + mixed(state) * 2 ** 20)
}

function mixed(state: number): number {
  const once = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
  const twice = Math.imul(once ^ (once >>> 15), 0x735a2d97)
  return (twice ^ (twice >>> 15)) >>> 0
}

type Span = number | readonly [number, number]

/** A fixed number, or one from the span. */
export const within = (random: Random, span: Span): number =>
  typeof span === 'number' ? span : span[0] + random.next() * (span[1] - span[0])

/** Log-normal: half of the draws are below `median`; `sigma` is the spread of the logarithm. */
export function logNormal(random: Random, median: number, sigma: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
  return median * Math.exp(sigma * normal)
}

/** So many lower-case hexadecimal digits. */
export const hexDigits = (random: Random, digits: number): string =>
  Array.from({ length: digits }, () => Math.floor(random.next() * 16).toString(16)).join('')
