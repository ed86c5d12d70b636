import { setTimeout } from 'node:timers/promises'
import type { SQSClient } from '@aws-sdk/client-sqs'
import type { FunctionName } from '../functions/contract/functions.ts'
import { makeLocalSqsClient } from './clients.ts'
import type { Mappings } from './engines/mappings.ts'
import { makeCredentials } from './gateway/credentials.ts'
import type { FleetGateway } from './gateway/fleet-gateway.ts'
import { startEventSources } from './lambda/event-sources.ts'
import { functionEnvironment } from './lambda/function-environment.ts'
import { type FunctionPools, makeFunctionPools } from './lambda/function-pools.ts'
import { startSchedule } from './lambda/schedule.ts'
import type { LocalLimits } from './settings/aws-limits.ts'
import type { LogSink } from './support/log-sink.ts'
import type { Teardown } from './support/teardown.ts'
import type { FunctionPlan, Plan } from './template/plan.ts'

/** The fleet does not wait longer than that for its first sweep. */
const FIRST_SWEEP_MS = 3000
/** When the fleet is stopped, running invocations have this long to end. */
const GRACE_MS = 2500

/**
 * Starts the execution environments of the plan, its schedules, and then its event sources: the first sweep creates the
 * admission item, and without that item nothing is bought. `own`: the client of the local runtime itself.
 */
export async function runFunctions(
  plan: Plan,
  { gateway, mappings, own }: { gateway: FleetGateway; mappings: Mappings; own: SQSClient },
  { limits, sink, teardown }: { limits: LocalLimits; sink: LogSink; teardown: Teardown },
): Promise<FunctionPools> {
  const credentialsOf = (name: FunctionName) => gateway.credentials[name] ?? makeCredentials()
  const environmentOf = (made: FunctionPlan) => functionEnvironment(made, gateway.url, credentialsOf(made.name))
  const pools = makeFunctionPools(plan.functions, environmentOf, sink)
  const stopPools = (graceMs: number) => Promise.all(Object.values(pools).map((pool) => pool.stop(graceMs)))
  teardown.add(() => stopPools(0))
  await Promise.all(Object.values(pools).map((pool) => pool.warm()))

  const schedules = plan.schedules.map(({ target, everySeconds }) =>
    startSchedule(everySeconds, async () => pools[target]?.invoke({})),
  )
  teardown.add(async () => {
    for (const schedule of schedules) schedule.stop()
  })
  await Promise.race([Promise.all(schedules.map(({ first }) => first)), setTimeout(FIRST_SWEEP_MS)])

  const asFunction = (name: FunctionName) => {
    const client = makeLocalSqsClient(gateway.url, credentialsOf(name))
    teardown.add(() => client.destroy())
    return client
  }
  const sources = startEventSources(plan, mappings, { asFunction, own }, pools, sink, limits)
  teardown.add(() =>
    Promise.all([...schedules.map((schedule) => schedule.stop()), sources.stop(), stopPools(GRACE_MS)]),
  )
  return pools
}
