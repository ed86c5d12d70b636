import type { ShownLimits } from '../fleet/aws.ts'
import { type Fleet, startFleet } from '../fleet/fleet.ts'
import type { SeedScenario } from '../model/seed-scenario.ts'
import type { InvariantViolation } from '../oracle/invariant-violation.ts'
import type { InvariantName } from '../oracle/invariants.ts'
import { pauseFor } from '../traffic/pause.ts'
import { redriveDeadLetters } from '../traffic/redrive.ts'
import { sendTraffic } from '../traffic/traffic.ts'
import { makeWorld, type World } from '../world.ts'
import { drawRun } from './draw-run.ts'

interface Run {
  seed: number
  broken: InvariantViolation | null
  tasks: number
  charges: number
  /** Virtual seconds. */
  seconds: number
  events: number
  injected: Map<string, number>
  scenario: SeedScenario
}

interface Options {
  /** Called with every step. */
  trace?: ((line: string) => void) | null
  /** Invariants that may break: to find what a known defect hides. */
  ignore?: ReadonlySet<InvariantName>
  /** Limits of AWS that the run shows; default: those that the seed draws. */
  aws?: ShownLimits
}

/** How often it is looked whether all has come to rest. */
const WATCH_MS = 20_000
/** Outcomes are all older than the settling lag by then. */
const SETTLED_MS = 15_000
/** By then everything has come to rest, or never will. */
const LONGEST_MS = 10 * 3_600_000
/** Nothing goes wrong any more so long after the last first message. */
const CALM_AFTER_MS = 240_000

/** One seed from the first message to the last: the same seed and number of tasks give the same run. */
export async function runSeed(
  seed: number,
  tasks: number,
  { trace = null, ignore = new Set(), aws = 'drawn' }: Options = {},
): Promise<Run> {
  const { conditions, random } = drawRun(seed, tasks, aws)
  const { scenario } = conditions
  const world = makeWorld(conditions, random, trace, ignore)
  const fleet = startFleet(world)
  const began = world.virtualTime.now()
  sendTraffic(world)
  pauseFor(world)
  const events = await playOut(world, fleet)
  recordRest(world)
  const { oracle, provider, virtualTime, faults } = world
  const seconds = (virtualTime.now() - began) / 1000
  return {
    seed,
    broken: oracle.violation,
    tasks,
    charges: provider.ledger.length,
    seconds,
    events,
    injected: new Map([
      ...faults.injected,
      ...[...oracle.log.refusals].map(([why, count]) => [`refused: ${why}`, count] as const),
    ]),
    scenario,
  }
}

/** What the oracle judges the whole run by. */
function recordRest({ oracle, tasks, outcomes, record, aws }: World): void {
  const { pollMaxReceiveCount: most, pollRenewReceiveCount: renewedAt } = aws.deployed
  const totals = record.stored()?.evidence.totals ?? null
  const pollReceives = { most, renewedAt }
  oracle.record({ kind: 'atRest', items: tasks.items, outcomes: outcomes.all(), totals, pollReceives })
}

/** Runs until all has come to rest: queues empty, no worker busy, dead letters moved back, one last sweep over it. */
async function playOut(world: World, fleet: Fleet): Promise<number> {
  const { virtualTime, oracle, faults, scenario, queues, trace } = world
  const began = virtualTime.now()
  const calm = began + scenario.span * 1000 + CALM_AFTER_MS
  const lastSend = began + 3 * scenario.span * 1000
  let over = false
  virtualTime.at(calm, () => {
    trace?.('world', 'nothing goes wrong any more')
    faults.stop()
    oracle.record({ kind: 'calmed' })
  })
  if (scenario.redrive) {
    for (let n = 1; n <= 3; n++)
      virtualTime.after(world.random.next() * 2 * scenario.span * 1000, () => redriveDeadLetters(world), true)
  }
  const atRest = () =>
    virtualTime.now() > Math.max(calm, lastSend) &&
    queues.tasks.held.size === 0 &&
    queues.polls.held.size === 0 &&
    fleet.idle()
  const watch = () => {
    if (virtualTime.now() > began + LONGEST_MS) {
      oracle.record({ kind: 'endless', tasks: queues.tasks.held.size, polls: queues.polls.held.size })
    } else if (!atRest() || redriveDeadLetters(world) > 0) virtualTime.after(WATCH_MS, watch, true)
    else
      virtualTime.after(SETTLED_MS, () => {
        fleet.sweep(() => {
          over = true
        })
      })
  }
  virtualTime.after(WATCH_MS, watch, true)
  return virtualTime.run(() => over || oracle.violation !== null)
}
