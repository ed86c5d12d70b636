const steps: (() => Promise<void>)[] = []
let running = 0

/** Does it after each test; where tests run side by side, after the last of them. The newest step is done first. */
export const afterTests = (step: () => Promise<void>): void => void steps.unshift(step)

/** Called around each test by `test/undo.ts`. */
export function testBegins(): void {
  running += 1
}
export async function testEnds(): Promise<void> {
  running -= 1
  if (running > 0) return
  for (const step of steps) await step()
}
