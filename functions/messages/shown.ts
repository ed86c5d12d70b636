/** A key that a stranger chose: short, on one line, and in quotes where it is no plain name. */
export function shown(key: string): string {
  const clean = key.slice(0, LONGEST).replace(/[^\x20-\x7e]/g, '?')
  return key.length <= LONGEST && /^[\w.:-]+$/.test(clean) ? clean : JSON.stringify(clean)
}

const LONGEST = 64
