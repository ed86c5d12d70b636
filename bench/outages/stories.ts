import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Simulator, startSimulator } from '../../sim/provider/simulator.ts'
import { COMPILE_CACHE } from '../../test/compile-cache.ts'
import type { WorldOptions } from '../../test/fleet/world.ts'
import { toldPolls } from './polls.ts'
import { mostInFlight, type Observed } from './report.ts'
import { simulate, startWatchedFleet, type WatchedFleet } from './watched-fleet.ts'

interface Told {
  observed: Observed
  notes: string
}
type Story = () => Promise<Told>

/** As `npm start` has them; only polls are as quick as this provider solves. */
const LOCAL_SETTINGS = {
  ...{ sweepSeconds: 5, settlingSeconds: 10, providerTimeoutSeconds: 10 },
  ...{ firstPollSeconds: undefined, pollSeconds: undefined },
}
const QUICK_POLLS = { ...LOCAL_SETTINGS, firstPollSeconds: 2, pollSeconds: 2 }
const QUICK = { plan: { solveSeconds: [1, 4] satisfies [number, number], solveRate: 1 } }
const PER_SECOND = 5
const OUTAGE_SECONDS = 60

interface Act {
  trouble: Observed['trouble']
  notes?: (seen: Observed) => string
}

async function told(
  prefix: string,
  options: WorldOptions,
  act: (fleet: WatchedFleet) => Promise<Act>,
  backup: Simulator | null = null,
): Promise<Told> {
  const fleet = await startWatchedFleet(prefix, options, backup)
  try {
    const { trouble, notes } = await act(fleet)
    const observed = await fleet.observed(trouble)
    return { observed, notes: notes?.(observed) ?? '' }
  } finally {
    await fleet.stop()
  }
}

/** Traffic before, during and after a minute in which the first provider answers 502. */
async function throughOutage(fleet: WatchedFleet) {
  await fleet.ready(30)
  const traffic = fleet.traffic(PER_SECOND, OUTAGE_SECONDS + 20)
  await pause(8000)
  const brokenAt = Date.now()
  await simulate(fleet.world.simulator, { name: 'outage', seconds: OUTAGE_SECONDS })
  await traffic
  await fleet.settled(45)
  await fleet.ready(20)
  return { trouble: { brokenAt, mendedAt: brokenAt + OUTAGE_SECONDS * 1000 } }
}

const outage: Story = () => told('outage', { settings: QUICK_POLLS, simulator: QUICK }, throughOutage)

const backup: Story = async () => {
  const key = 'twocaptcha-key-0032-characters-x'
  const second = await startSimulator({ profile: 'twocaptcha', key, plan: { ...QUICK.plan, ids: 'number' } })
  const variables = { LIFESIGN_BACKUP_PROVIDER_URL: second.url, TWOCAPTCHA_API_KEY: key }
  const options = { settings: QUICK_POLLS, simulator: QUICK, between: async () => variables }
  const act = async (fleet: WatchedFleet) => {
    const { trouble } = await throughOutage(fleet)
    const { brokenAt, mendedAt } = trouble
    const notes = ({ providers }: Observed) => {
      const at = (providers[1]?.ledger ?? []).map((charge) => charge.at)
      const during = at.filter((time) => time < mendedAt).length
      const after = at[0] === undefined ? 'none' : `the first after ${((at[0] - brokenAt) / 1000).toFixed(1)} s`
      return `bought at the backup: ${at.length}, ${during} during the outage, ${after}`
    }
    return { trouble, notes }
  }
  return told('backup', options, act, second)
}

const keys: Story = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lifesign-outages-'))
  const file = join(folder, 'keys.json')
  const write = (key: string) => writeFileSync(file, JSON.stringify({ captchaai: key }), { mode: 0o600 })
  write('wrong-key-0032-characters-long-x')
  const settings = { ...QUICK_POLLS, keyRetrySeconds: 30 }
  const options = { settings, simulator: QUICK, between: async () => ({ LIFESIGN_KEYS_FILE: file }) }
  const act = async (fleet: WatchedFleet) => {
    const brokenAt = Date.now()
    await fleet.traffic(PER_SECOND, 20)
    await pause(15_000)
    write(fleet.world.simulator.key)
    const mendedAt = Date.now()
    await fleet.settled(90)
    await fleet.ready(15)
    const notes = ({ providers }: Observed) => {
      const wrong = (providers[0]?.requests ?? []).filter(({ keyOk }) => !keyOk)
      return `requests with the wrong key: ${wrong.length}, ${wrong.filter(({ action }) => action === 'submit').length} of them submits; keyRetrySeconds 30`
    }
    return { trouble: { brokenAt, mendedAt }, notes }
  }
  return told('keys', options, act).finally(() => rmSync(folder, { recursive: true }))
}

const capacity: Story = () =>
  told(
    'capacity',
    {
      settings: { ...LOCAL_SETTINGS, firstPollSeconds: 1, pollSeconds: 1 },
      simulator: { plan: { solveSeconds: 0.5, solveRate: 1, threads: 2 } },
    },
    async (fleet) => {
      await fleet.ready(30)
      const began = Date.now()
      await fleet.send(200)
      await fleet.settled(150)
      const seconds = ((Date.now() - began) / 1000).toFixed(0)
      const letters = await fleet.world.count('dead-letters')
      const notes = ({ providers, taskIds }: Observed) => {
        const submits = (providers[0]?.requests ?? []).filter(({ action }) => action === 'submit').length
        return `submits per task ${(submits / taskIds.length).toFixed(2)}, dead letters ${letters}, ${seconds} s in all`
      }
      return { trouble: null, notes }
    },
  )

const burst: Story = () =>
  told('burst', { settings: { ...QUICK_POLLS, maxInFlight: 30 }, simulator: QUICK }, async (fleet) => {
    await fleet.ready(30)
    const began = Date.now()
    await fleet.send(240)
    await fleet.settled(150)
    const seconds = ((Date.now() - began) / 1000).toFixed(0)
    const notes = (seen: Observed) => `maxInFlight 30, at most ${mostInFlight(seen)} in flight, ${seconds} s in all`
    return { trouble: null, notes }
  })

const pingback: Story = () =>
  told(
    'pingback',
    {
      settings: { ...LOCAL_SETTINGS, pingback: true },
      simulator: { plan: { solveSeconds: [8, 12], solveRate: 1 } },
    },
    async (fleet) => {
      await simulate(fleet.world.simulator, { name: 'callbacks-missing', rate: 0.3, seconds: 300 })
      await fleet.ready(30)
      await fleet.traffic(PER_SECOND, 30)
      await fleet.settled(90)
      const called = new Set(fleet.world.simulator.pingbacks().map(({ id }) => id))
      const notes = ({ providers, results }: Observed) => {
        const part = (name: string, isCalled: boolean) =>
          toldPolls(
            name,
            (providers[0]?.ledger ?? []).filter(({ id }) => called.has(id) === isCalled),
            results,
          )
        return `${part('with callback', true)}; ${part('without', false)}`
      }
      return { trouble: null, notes }
    },
  )

/**
 * 600 tasks that are solved after 10 to 30 s, by polls alone or with callbacks. The sweep learns when to poll from the
 * first 50 solutions and more, of which the first are the quick ones, so the second half is told apart.
 */
const looks = (name: string, withCallbacks: boolean): Story => {
  const settings = { ...LOCAL_SETTINGS, pingback: withCallbacks, maxInFlight: 300 }
  return () =>
    told(name, { settings, simulator: { plan: { solveSeconds: [10, 30], solveRate: 1 } } }, async (fleet) => {
      await fleet.ready(30)
      await fleet.traffic(4, 150)
      await fleet.settled(185)
      const notes = ({ providers, results }: Observed) => {
        const ledger = [...(providers[0]?.ledger ?? [])].sort((a, b) => a.at - b.at)
        const half = ledger.slice(ledger.length / 2)
        return `${toldPolls('all', ledger, results)}; ${toldPolls('second half', half, results)}`
      }
      return { trouble: null, notes }
    })
}

async function lifesign(fleet: WatchedFleet, ...args: string[]): Promise<string> {
  const { sqs, dynamodb, health } = fleet.world.ports
  const env = {
    ...{ PATH: process.env.PATH, ...COMPILE_CACHE, LIFESIGN_PORT: String(health) },
    ...{ LIFESIGN_SQS_PORT: String(sqs), LIFESIGN_DYNAMODB_PORT: String(dynamodb) },
  }
  const { stdout } = await promisify(execFile)(process.execPath, ['bin/lifesign.ts', ...args], { env })
  return stdout
}

const pauseAndResume: Story = () =>
  told('pause', { settings: QUICK_POLLS, simulator: QUICK }, async (fleet) => {
    await fleet.ready(30)
    await fleet.traffic(PER_SECOND, 10)
    const refused = await lifesign(fleet, 'pause', '--reason', 'npm run outages').then(
      () => null,
      (error: Error) => error.message.trim().split('\n').at(-1) ?? 'failed',
    )
    const brokenAt = Date.now()
    if (refused !== null) {
      await fleet.settled(60)
      return { trouble: null, notes: () => `no pause: ${refused}` }
    }
    await fleet.traffic(PER_SECOND, 5)
    await pause(10_000)
    await fleet.world.crash()
    await fleet.world.restart()
    await pause(10_000)
    await lifesign(fleet, 'resume')
    const mendedAt = Date.now()
    fleet.shut.push({ since: brokenAt, until: mendedAt })
    await fleet.settled(60)
    await fleet.ready(30)
    return { trouble: { brokenAt, mendedAt }, notes: () => 'killed and restarted during the pause' }
  })

export const STORIES: Readonly<Record<string, Story>> = {
  outage,
  keys,
  backup,
  capacity,
  burst,
  pingback,
  pause: pauseAndResume,
  polls: looks('polls', false),
  callbacks: looks('callbacks', true),
}
