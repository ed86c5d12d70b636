/** Most problems of one message that are named; of the others only the number is given. */
const MOST_NAMED = 20
const SEPARATOR = '; '

/**
 * The problems of a message as one text that is short, whatever the message was: at most 20 are named, fewer where
 * `characters` has no room for them, and the number of the others ends the text (`and 89,980 more`).
 */
export function problemText(problems: readonly string[], characters = Number.POSITIVE_INFINITY): string {
  for (let named = Math.min(problems.length, MOST_NAMED); named > 1; named -= 1) {
    const text = textOf(problems, named)
    if (text.length <= characters) return text
  }
  return cut(textOf(problems, 1), characters)
}

const textOf = (problems: readonly string[], named: number): string => {
  const others = problems.length - named
  return [...problems.slice(0, named), ...(others > 0 ? [`and ${grouped(others)} more`] : [])].join(SEPARATOR)
}

const cut = (text: string, characters: number): string =>
  text.length > characters ? `${text.slice(0, characters - 1)}…` : text

/** 89980 as `89,980`. */
const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',')
