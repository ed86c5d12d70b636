/** Times and durations for people. Times are UTC, because nobody here knows where the reader is. */

const DAY_MS = 86_400_000

/** `45 s`, `12 min`, `3 h 5 min`, `2 days 4 h`: the two largest units. */
export function durationText(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  const days = Math.floor(seconds / 86_400)
  const hours = Math.floor(seconds / 3600) % 24
  const minutes = Math.floor(seconds / 60) % 60
  if (days > 0) return joined(days === 1 ? '1 day' : `${days} days`, hours, 'h')
  if (hours > 0) return joined(`${hours} h`, minutes, 'min')
  return minutes > 0 ? `${minutes} min` : `${seconds} s`
}

const joined = (first: string, count: number, unit: string): string =>
  count === 0 ? first : `${first} ${count} ${unit}`

/** `03:12 UTC`, with the day (`21 Nov, 03:12 UTC`) if it is not the day of `now`. */
export const timeText = (at: number, now: number): string =>
  `${sameDay(at, now) ? '' : `${dayText(at)}, `}${isoOf(at).slice(11, 16)} UTC`

const sameDay = (a: number, b: number): boolean => Math.floor(a / DAY_MS) === Math.floor(b / DAY_MS)

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

/** `21 Nov`. */
export const dayText = (at: number): string => {
  const date = dateOf(at)
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ''}`
}

export const isoOf = (at: number): string => dateOf(at).toISOString()

/** A broken record can contain numbers that are not dates; they are shown as the beginning of time. */
const dateOf = (at: number): Date => new Date(Math.abs(at) <= 8.64e15 ? at : 0)
