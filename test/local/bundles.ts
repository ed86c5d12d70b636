import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ExecutionEnvironment, startEnvironment } from '../../local/lambda/execution-environment.ts'
import { type FunctionPool, makeFunctionPool } from '../../local/lambda/function-pool.ts'
import type { FunctionPlan } from '../../local/template/plan.ts'
import { afterTests } from './after-tests.ts'

const undo: (() => unknown)[] = []
afterTests(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})
/** Undone after the test, newest first; where tests run side by side, after the last of them. */
export const later = (step: () => unknown): void => void undo.push(step)

export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'lifesign-local-test-'))
  later(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A function whose handler is this JavaScript; `seen(text)` in it tells the test something, through its output. */
export function fakeFunction(body: string, options: Partial<FunctionPlan> = {}): FunctionPlan {
  const file = join(folder(), 'index.js')
  const seen = `const seen = (value) => console.log('seen ' + JSON.stringify(value));`
  const sleep = `const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));`
  writeFileSync(file, `'use strict'; ${seen} ${sleep} module.exports.handler = async (event, context) => { ${body} }`)
  return {
    name: 'submit',
    functionName: 'lifesign-submit',
    arn: 'arn:aws:lambda:us-east-1:000000000000:function:lifesign-submit',
    roleArn: 'arn:aws:iam::000000000000:role/submit',
    logGroup: 'submit',
    file,
    handler: 'handler',
    timeoutSeconds: 5,
    memoryMb: 128,
    environment: {},
    concurrency: 2,
    recursiveLoop: 'Terminate',
    ...options,
  }
}

interface FakePool {
  pool: FunctionPool
  /** What the handler told by `seen`. */
  seen: unknown[]
  failures: string[]
  environments: ExecutionEnvironment[]
}

export function poolOf(plan: FunctionPlan, env: Record<string, string> = {}): FakePool {
  const fake: Omit<FakePool, 'pool'> = { seen: [], failures: [], environments: [] }
  let ids = 0
  const pool = makeFunctionPool({
    concurrency: plan.concurrency,
    maxWaiting: 10,
    newId: () => `request-${++ids}`,
    start: async () => {
      const onLine = (line: string) => line.startsWith('seen ') && fake.seen.push(JSON.parse(line.slice(5)))
      const environment = await startEnvironment(plan, env, onLine)
      fake.environments.push(environment)
      return environment
    },
    onFailure: (failure) => fake.failures.push(failure.kind),
  })
  later(() => pool.stop(0))
  return { ...fake, pool }
}

export async function until(what: string, look: () => boolean | Promise<boolean>, ms = 8000): Promise<void> {
  const end = Date.now() + ms
  while (!(await look())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${ms} ms`)
    await new Promise((resolve) => setTimeout(resolve, 15))
  }
}
