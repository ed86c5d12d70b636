import { setTimeout as pause } from 'node:timers/promises'
import type { FaultInput } from '../../sim/provider/fault-kinds.ts'
import type { Said } from '../../sim/truth/readers.ts'
import type { Timeline } from '../../sim/truth/timeline.ts'
import { startWorld, taskOf, type World } from '../../test/fleet/world.ts'

/** Seconds of a timeline that pass in one real second. */
export const SPEED = 20
const SAMPLE_MS = 100
const READY_SECONDS = 60
const DEADLINE_SECONDS = 300
const SHORTEST_DEADLINE = 10

/** A setting in seconds accepts 1 and more. */
const quick = (seconds: number): number => Math.max(1, seconds / SPEED)
/** Every setting in seconds that has a part in the verdict, as it is in the cloud, and SPEED times as quick. */
const SETTINGS = Object.fromEntries(
  Object.entries({
    ...{ sweepSeconds: 60, settlingSeconds: 10, noSolveSeconds: 600, stalledSeconds: 180, balanceSeconds: 60 },
    ...{ breakerSpanSeconds: 15, breakerFirstOpenSeconds: 10, breakerOpenSeconds: 60, providerTimeoutSeconds: 10 },
    ...{ firstPollSeconds: 15, pollSeconds: 5, dwellSeconds: 120, keyRetrySeconds: 900 },
  }).map(([name, seconds]) => [name, quick(seconds)]),
)
const PROVIDER = { solveSeconds: 20 / SPEED, solveRate: 1, submitMs: [3, 15], resultMs: [1, 2] } satisfies Parameters<
  World['simulator']['set']
>[0]

/** What `/health/ready` said in one second of a timeline. `why`: the codes of its issues. */
export interface SaidLive {
  what: Said
  why: string
}

/** Plays a timeline against a fleet of its own, second by second of the timeline. */
export async function playLive(timeline: Omit<Timeline, 'name' | 'detection'>): Promise<SaidLive[]> {
  const world = await startWorld({ settings: SETTINGS, simulator: { plan: PROVIDER } })
  try {
    await untilReady(world)
    const began = Date.now()
    await world.simulator.set({ faults: (timeline.provider ?? []).map(quickFault) })
    const until = began + (timeline.hours * 3_600_000) / SPEED
    const [said] = await Promise.all([watch(world, began, until), send(world, timeline, began)])
    return said
  } finally {
    await world.stop()
  }
}

function quickFault(fault: FaultInput): FaultInput {
  const times = ['fromSeconds', 'untilSeconds', 'forSeconds', 'everySeconds'] as const
  const quicker = times.flatMap((name) => (fault[name] === undefined ? [] : [[name, fault[name] / SPEED] as const]))
  return { ...fault, ...Object.fromEntries(quicker) }
}

async function untilReady(world: World): Promise<void> {
  const until = Date.now() + READY_SECONDS * 1000
  while ((await look(world)).what !== 'ready') {
    if (Date.now() > until) throw new Error(`not ready after ${READY_SECONDS} s`)
    await pause(SAMPLE_MS)
  }
}

/** An answer that does not come, or is none of the contract's, is as good as `unknown`. */
async function look(world: World): Promise<SaidLive> {
  const answer = await world.health('/health/ready').catch(() => null)
  if (answer?.status === 200) return { what: 'ready', why: '' }
  const issues = Array.isArray(answer?.body.issues) ? answer.body.issues.map(String) : ['no answer']
  const why = issues.map((issue) => issue.split('=')[0]).join(' ')
  return { what: answer?.body.status === 'not_ready' ? 'not_ready' : 'unknown', why }
}

async function watch(world: World, began: number, until: number): Promise<SaidLive[]> {
  const said: SaidLive[] = []
  const secondAt = (time: number) => Math.floor(((Math.min(time, until) - began) * SPEED) / 1000)
  while (Date.now() < until) {
    const now = await look(world)
    for (const to = secondAt(Date.now()); said.length < to; ) said.push(now)
    await pause(SAMPLE_MS)
  }
  return said
}

async function send(world: World, { clients }: Pick<Timeline, 'clients'>, began: number): Promise<void> {
  const all = clients.flatMap(({ during: [from, until], every, deadlineSeconds = DEADLINE_SECONDS }) =>
    Array.from({ length: Math.ceil((until - from) / every) }, (_, n) => ({ at: from + n * every, deadlineSeconds })),
  )
  all.sort((a, b) => a.at - b.at)
  for (let sent = 0; sent < all.length; ) {
    const now = ((Date.now() - began) * SPEED) / 1000
    const due = all.slice(sent).filter(({ at }) => at <= now)
    const bodies = due.map(({ deadlineSeconds }, n) =>
      taskOf(`live-${sent + n}`, { deadlineSeconds: Math.max(SHORTEST_DEADLINE, deadlineSeconds / SPEED) }),
    )
    await world.send(bodies)
    sent += due.length
    await pause(SAMPLE_MS / 2)
  }
}
