import { type Environment, makeEnvironment } from './environment.ts'
import { type Ports, portsOf } from './ports.ts'
import type { World } from './world.ts'

/** One function's execution environments, started when needed and used again while they live. */
export interface Pool<Use> {
  /** Invocations under way. */
  readonly busy: number
  /** Runs `work` in an environment of its own; `ended` is told its answer, or `null` where it died or threw. */
  invoke<T>(work: (use: Use, run: { id: string; endsAt: number }) => Promise<T>, ended: (end: End<T>) => void): void
}
export type End<T> =
  | { kind: 'answered'; answer: T; hurt: boolean }
  | { kind: 'died'; hurt: true }
  | { kind: 'threw'; hurt: boolean }

export function makePool<Use>(
  world: World,
  name: string,
  timeoutSeconds: number,
  build: (ports: Ports, worker: string) => Use,
): Pool<Use> {
  const { timeline, faults, truth, plan, trace } = world
  const idle: { environment: Environment; use: Use }[] = []
  let started = 0
  let invocations = 0
  let busy = 0

  function start() {
    const worker = `${name}#${++started}`
    const skew = plan.skew === 0 ? 0 : Math.round((2 * world.random.next() - 1) * plan.skew * 1000)
    const environment = makeEnvironment(worker, skew, timeline, trace)
    return { environment, use: build(portsOf(world, environment), worker) }
  }

  return {
    get busy() {
      return busy
    },
    invoke(work, ended) {
      const warm = faults.strikes('coldStart') ? undefined : idle.pop()
      const worker = warm ?? start()
      const { environment, use } = worker
      const id = `${name}-${++invocations}`
      let over = false
      busy++
      environment.hurt = 0
      environment.endsAt = timeline.now() + timeoutSeconds * 1000
      trace?.(environment.name, `begins ${id}`)
      const finish = (end: Parameters<typeof ended>[0]) => {
        if (over) return
        over = true
        busy--
        trace?.(environment.name, `ends ${id}: ${end.kind}`)
        truth.ended(environment, id, end.kind === 'died')
        if (end.kind !== 'died') idle.push(worker)
        ended(end)
      }
      environment.died = () => finish({ kind: 'died', hurt: true })
      timeline.at(environment.endsAt, () => over || environment.die('killed at its limit'), true)
      // As the Lambda handler does it: the clock of the use case, as far as it is known when the invocation begins.
      const run = { id, endsAt: environment.clock.now() + timeoutSeconds * 1000 }
      work(use, run).then(
        (answer) => environment.dead || finish({ kind: 'answered', answer, hurt: environment.hurt > 0 }),
        (error: unknown) => {
          if (environment.dead) return
          const hurt = environment.hurt > 0
          if (!hurt) truth.fail('no use case throws by itself', `${id}: ${String(error)}`)
          finish({ kind: 'threw', hurt })
        },
      )
    },
  }
}
