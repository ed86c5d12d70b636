/** Steps to undo, the newest first. Every step runs, even if another one fails. */
export interface Teardown {
  add(undo: () => unknown): void
  run(): Promise<void>
}

export function makeTeardown(): Teardown {
  const steps: (() => unknown)[] = []
  return {
    add: (undo) => steps.push(undo),
    async run() {
      for (let step = steps.pop(); step !== undefined; step = steps.pop())
        await Promise.resolve().then(step).catch(ignore)
    },
  }
}

/** The process is ending: the system closes what could not be closed here. */
const ignore = (): void => {}
