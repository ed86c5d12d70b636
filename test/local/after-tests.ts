import { afterEach, beforeEach } from 'vitest'

/** Does it after each test of the file that asks for it; where tests run side by side, after the last of them. */
export function afterTests(step: () => Promise<void>): void {
  let running = 0
  beforeEach(() => {
    running += 1
  })
  afterEach(async () => {
    running -= 1
    if (running === 0) await step()
  })
}
