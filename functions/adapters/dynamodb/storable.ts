/** DynamoDB allows 32 levels of nesting. A solution is nested in a result, which is nested in an item. */
const DEEPEST = 28
/** DynamoDB stores numbers of 1e-130 and above. The SDK reads integers above the safe range as BigInt. */
const SMALLEST = 1e-100

/** Whether a value from a provider's answer is read back from the table unchanged. */
export function isStorable(value: unknown, depth = 0): boolean {
  if (typeof value === 'number') return isStorableNumber(Math.abs(value))
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value !== 'object' || value === null) return value !== undefined
  if (depth >= DEEPEST) return false
  return Object.entries(value).every(([key, inner]) => isStorableKey(key) && isStorable(inner, depth + 1))
}

const isStorableNumber = (size: number) => size === 0 || (size >= SMALLEST && size <= Number.MAX_SAFE_INTEGER)
const isStorableKey = (key: string) => key !== '' && key !== '__proto__' && key.isWellFormed()

/** Replaces half surrogate pairs and leaves out undefined properties, at every depth. */
export function storable<T extends object>(value: T): T
export function storable(value: unknown): unknown
export function storable(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (Array.isArray(value)) return value.map((inner) => storable(inner))
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([, inner]) => inner !== undefined)
  return Object.fromEntries(kept.map(([key, inner]) => [key, storable(inner)]))
}
