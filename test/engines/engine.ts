import { afterAll, beforeAll, describe, it } from 'vitest'

/** A real engine that a suite runs against, on loopback and a port of its own. */
export interface TestEngine {
  readonly name: string
  /** What this machine lacks for it, with how to install that; null: nothing. */
  missing(): string | null
  start(): Promise<RunningEngine>
}
export interface RunningEngine {
  endpoint: string
  stop(): Promise<void>
}

/**
 * Runs `suite` against the engine, started once. Where a tool is missing, the suite is left out by name; under CI=true
 * that is a failure.
 */
export function describeEngine(engine: TestEngine, suite: (running: () => RunningEngine) => void): void {
  const missing = engine.missing()
  const running = () => {
    if (started === undefined) throw new Error(`${engine.name} is not running`)
    return started
  }
  let started: RunningEngine | undefined
  if (missing !== null && process.env.CI === 'true') {
    it(`on ${engine.name}`, () => {
      throw new Error(missing)
    })
  } else if (missing !== null) {
    console.warn(`left out: the tests on ${engine.name}; ${missing}`)
    describe.skip(`on ${engine.name} (left out: ${missing})`, () => suite(running))
  } else {
    describe(`on ${engine.name}`, () => {
      beforeAll(async () => {
        started = await engine.start()
      })
      afterAll(async () => {
        await started?.stop()
      })
      suite(running)
    })
  }
}
