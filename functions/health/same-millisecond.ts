/**
 * Makes an answer once for all requests that ask for the same thing in the same millisecond of the same reading. What
 * is shown depends on nothing else, so no age is older than if each request had its own; a flood of probes then costs
 * hardly more than its connections. A reading is compared by its identity, also while it is still awaited.
 */
export function makeSameMillisecond<Answer>() {
  let shown: { reading: object; now: number } | undefined
  const answers = new Map<string, Answer>()

  return (reading: object, now: number, asked: string, answer: () => Answer): Answer => {
    if (shown?.reading !== reading || shown.now !== now) {
      shown = { reading, now }
      answers.clear()
    }
    const made = answers.get(asked) ?? answer()
    answers.set(asked, made)
    return made
  }
}
