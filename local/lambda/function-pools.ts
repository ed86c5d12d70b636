import { randomUUID } from 'node:crypto'
import type { FunctionName } from '../../functions/contract/functions.ts'
import type { LogSink } from '../support/log-sink.ts'
import type { FunctionPlan } from '../template/plan.ts'
import { startEnvironment } from './execution-environment.ts'
import { type Failure, type FunctionPool, makeFunctionPool, type PoolStats } from './function-pool.ts'

export type FunctionPools = Partial<Record<FunctionName, FunctionPool>>

/**
 * The most invocations of one function that may wait for an environment: as many as an account runs concurrently in the
 * cloud.
 */
const LONGEST_LINE = 1000

/** A pool of environments for each function. Each invocation that did not return is logged as one line. */
export function makeFunctionPools(
  functions: readonly FunctionPlan[],
  environmentOf: (plan: FunctionPlan) => Record<string, string>,
  sink: LogSink,
): FunctionPools {
  const pool = (plan: FunctionPlan): FunctionPool =>
    makeFunctionPool({
      concurrency: plan.concurrency,
      maxWaiting: LONGEST_LINE,
      newId: randomUUID,
      start: () => startEnvironment(plan, environmentOf(plan), (line) => sink.line(plan.name, line)),
      onFailure: (failure, stats) => sink.say(plan.name, describeFailure(plan, failure, stats)),
    })
  return Object.fromEntries(functions.map((plan) => [plan.name, pool(plan)]))
}

function describeFailure({ timeoutSeconds }: FunctionPlan, failure: Failure, { timeouts }: PoolStats): string {
  switch (failure.kind) {
    case 'timedOut':
      return `passed its time limit of ${timeoutSeconds} s and was ended (${timeouts} so far)`
    case 'threw':
      return `invocation failed: ${failure.errorType}: ${firstLine(failure.errorMessage)}`
    case 'crashed':
      return `execution environment ended: ${firstLine(failure.errorMessage)}`
    case 'notStarted':
      return firstLine(failure.errorMessage)
  }
}

const firstLine = (text: string): string => (text.split('\n')[0] ?? '').slice(0, 300)
