import type { CachedReading } from './record-cache.ts'

/**
 * Makes an answer once for all requests that ask for the same thing in the same millisecond of the same reading. What
 * is shown depends on nothing else, so no age is older than if each request had its own; a flood of probes then costs
 * hardly more than its connections.
 */
export function makeSameMillisecond<Answer>() {
  let shown: { found: CachedReading; now: number } | undefined
  const answers = new Map<string, Answer>()

  return (found: CachedReading, now: number, asked: string, answer: () => Answer): Answer => {
    if (shown?.found !== found || shown.now !== now) {
      shown = { found, now }
      answers.clear()
    }
    const made = answers.get(asked) ?? answer()
    answers.set(asked, made)
    return made
  }
}
