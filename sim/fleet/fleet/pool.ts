import type { FunctionName } from '../../../functions/contract/functions.ts'
import type { Invocation } from '../../../functions/core/ports.ts'
import { type BeginInvocation, makeBeginInvocation } from '../../../functions/runtime/begin-invocation.ts'
import { invoked, type Lineage, NO_LINEAGE } from '../../aws/lineage.ts'
import type { World } from '../world.ts'
import { type Environment, makeEnvironment } from './environment.ts'
import { type Ports, portsOf } from './ports.ts'

/** One function's execution environments, started when needed and used again while they live. */
export interface Pool<Use> {
  readonly name: FunctionName
  /** Invocations under way. */
  readonly busy: number
  /**
   * Runs `work` in an environment of its own; `ended` is called with how it ended. `lineage`: of the messages it is
   * for.
   */
  invoke<T>(work: Work<Use, T>, ended: (end: End<T>) => void, lineage?: Lineage): void
}
type Work<Use, T> = (use: Use, run: Invocation, environment: Environment) => Promise<T>
interface Started<Use> {
  environment: Environment
  use: Use
  begin: BeginInvocation
}
type End<T> =
  | { kind: 'answered'; answer: T; faultCount: boolean; letterFailed: boolean; environment: Environment }
  | { kind: 'died'; faultCount: true }
  | { kind: 'threw'; faultCount: boolean }

export function makePool<Use>(
  world: World,
  name: FunctionName,
  timeoutSeconds: number,
  build: (ports: Ports, worker: string) => Use,
): Pool<Use> {
  const { virtualTime, faults, oracle, scenario, trace } = world
  const idle: Started<Use>[] = []
  let started = 0
  let invocations = 0
  let busy = 0

  function start(): Started<Use> {
    const worker = `${name}#${++started}`
    const skew = scenario.skew === 0 ? 0 : Math.round((2 * world.random.next() - 1) * scenario.skew * 1000)
    const environment = makeEnvironment(worker, skew, virtualTime, trace)
    const ports = portsOf(world, environment)
    return { environment, use: build(ports, worker), begin: makeBeginInvocation(ports) }
  }

  async function perform<T>({ environment, use, begin }: Started<Use>, id: string, work: Work<Use, T>): Promise<T> {
    const getRemainingTimeInMillis = () => environment.endsAt - virtualTime.now()
    return work(use, await begin({ awsRequestId: id, getRemainingTimeInMillis }), environment)
  }

  return {
    name,
    get busy() {
      return busy
    },
    invoke(work, ended, lineage = NO_LINEAGE) {
      const warm = faults.strikes('coldStart') ? undefined : idle.pop()
      const worker = warm ?? start()
      const { environment } = worker
      const id = `${name}-${++invocations}`
      let over = false
      busy++
      environment.faultCount = 0
      environment.letterFailed = false
      environment.lineage = invoked(lineage, name)
      oracle.longestChain = Math.max(oracle.longestChain, environment.lineage[name] ?? 0)
      environment.endsAt = virtualTime.now() + timeoutSeconds * 1000
      trace?.(environment.name, `begins ${id}`)
      const finish = (end: Parameters<typeof ended>[0]) => {
        if (over) return
        over = true
        busy--
        trace?.(environment.name, `ends ${id}: ${end.kind}`)
        oracle.record({ kind: 'ended', environment, invocation: id, died: end.kind === 'died' })
        if (end.kind !== 'died') idle.push(worker)
        ended(end)
      }
      environment.died = () => finish({ kind: 'died', faultCount: true })
      virtualTime.at(environment.endsAt, () => over || environment.die('killed at its limit'), true)
      perform(worker, id, work).then(
        (answer) => {
          const { faultCount, letterFailed, dead } = environment
          if (!dead) finish({ kind: 'answered', answer, faultCount: faultCount > 0, letterFailed, environment })
        },
        (error: unknown) => {
          if (environment.dead) return
          const faultCount = environment.faultCount > 0
          if (!faultCount) oracle.record({ kind: 'threw', invocation: id, error })
          finish({ kind: 'threw', faultCount })
        },
      )
    },
  }
}
