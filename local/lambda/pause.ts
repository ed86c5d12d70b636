interface Pause {
  /** Resolves after that time, or when `end` is called. */
  for(milliseconds: number): Promise<void>
  /** Resolves when `end` is called. */
  until(): Promise<void>
  end(): void
}

/** A wait that can be ended early. */
export function makePause(): Pause {
  let end = () => {}
  const until = (milliseconds?: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = milliseconds === undefined ? undefined : setTimeout(resolve, Math.max(0, milliseconds))
      end = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  return { for: until, until: () => until(), end: () => end() }
}
