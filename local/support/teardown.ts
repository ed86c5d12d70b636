/** What must be undone, newest first. Each step is tried, whatever became of the others. */
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

/** The process is ending: what cannot be closed is closed by the system. */
const ignore = (): void => {}
