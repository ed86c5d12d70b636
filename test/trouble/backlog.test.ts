import { afterEach, expect, test } from 'vitest'
import { troubledFleet } from './troubled-fleet.ts'

const HOUR = 3600
const LONGEST_DELAY = 900
let stop = () => {}
afterEach(() => stop())

interface Backlog {
  threads: number
  /** Whether the provider tells its threads; otherwise the fleet has to find them out. */
  told?: boolean
  /** Tasks that wait at first. */
  waiting: number
  /** As many are kept waiting all the time. */
  isKept?: boolean
  /** The fleet has solved tasks before. */
  isWarm?: boolean
}

/**
 * Tasks wait for places for an hour, or until there are none. Every fifth is of priority high, because in mode degraded a
 * tenth of the places is for those. `used`: the mean share of the threads that tasks were in flight for.
 */
async function workOff({ threads, told = true, waiting, isKept = false, isWarm = true }: Backlog) {
  const providers = [{ threads, tellsThreads: told }]
  const fleet = troubledFleet({ providers, ...(told && { toldThreads: threads }), idleMs: 1000 })
  stop = fleet.stop
  let sent = 0
  const send = (count: number) => {
    for (let n = 0; n < count; n += 1)
      fleet.send(1, { deadlineSeconds: HOUR, priority: sent++ % 5 === 0 ? 'high' : 'normal' })
  }
  if (isWarm) {
    send(threads)
    await fleet.run(240, 0)
  }
  const requests = { ...fleet.requests }
  const before = fleet.results().length
  const use: number[] = []
  send(waiting)
  while (use.length < HOUR && fleet.depth('tasks') + fleet.depth('polls') > 0) {
    if (isKept) send(waiting - fleet.depth('tasks'))
    await fleet.clock.advance(1000)
    use.push(fleet.inFlight() / threads)
  }
  const settled = fleet.results().length - before
  const since = (name: keyof typeof requests) => fleet.requests[name] - requests[name]
  const used = use.reduce((sum, share) => sum + share, 0) / use.length
  const found = { settled, parks: since('parked'), receives: since('received'), seconds: use.length, used }
  console.log(
    `${threads} threads${told ? '' : ' to be found out'}, ${waiting} tasks${isKept ? ' all the time' : ''}${isWarm ? '' : ', cold'}: ` +
      `${settled} settled in ${found.seconds} s, ${(100 * used).toFixed(1)} % of the threads used, parks ${found.parks} ` +
      `(${(found.parks / settled).toFixed(2)} a settled task), requests: ${found.receives} receives, ${since('sent')} sends, ${since('deleted')} deletes`,
  )
  return { fleet, ...found }
}

test('all threads busy for an hour, large backlog: tasks parked with delays near the drain rate; not one counted as failed; no churn above 2 × throughput (row 22)', async () => {
  const { fleet, settled, parks, used } = await workOff({ threads: 20, waiting: 1000, isKept: true })
  expect(used).toBeGreaterThanOrEqual(0.9)
  expect(settled).toBeGreaterThan(2800)
  expect(parks).toBeLessThanOrEqual(2 * settled)
  // Fewer would leave places free.
  expect(parks).toBeGreaterThan(settled)
  expect(fleet.ended('failed')).toEqual([])
  expect(fleet.depth('deadLetters')).toBe(0)
})

test.each([
  ['that the provider tells', { told: true, leastUse: 0.9, atFirst: 1500 }],
  // Until a sweep has seen how many there are, the line moves as if there were a hundred.
  ['that the fleet has to find out', { told: false, leastUse: 0.85, atFirst: 2700 }],
])(
  'two threads %s and a thousand tasks at once for an hour: nothing fails, few submits are in vain, and parks are as few as 900 s, the longest delay, allow',
  async (_, { told, leastUse, atFirst }) => {
    const { fleet, settled, parks, used } = await workOff({ threads: 2, told, waiting: 1000 })
    const bought = fleet.submits.filter(({ accepted }) => accepted).length
    expect(settled).toBeGreaterThan(260)
    expect(used).toBeGreaterThanOrEqual(leastUse)
    expect(fleet.submits.length).toBeLessThanOrEqual(1.2 * bought)
    expect(fleet.ended('failed')).toEqual([])
    expect(fleet.depth('deadLetters')).toBe(0)
    // After that each task every 900 s, or at most a fifth sooner: far more than 2 × throughput. A task whose deadline
    // comes within the next 900 s has some chances more.
    expect(parks).toBeLessThanOrEqual(atFirst + (1000 * HOUR) / (0.8 * LONGEST_DELAY))
  },
)

test.each([
  ['that has solved tasks before', { told: true }],
  ['that has to find out that there are two', { told: false }],
  ['that has never solved a task', { told: true, isWarm: false }],
])('two hundred tasks on two threads drain at 75 %% of what two threads can, in a fleet %s', async (_, options) => {
  const { fleet, used, settled } = await workOff({ threads: 2, waiting: 200, ...options })
  expect(settled).toBe(200)
  expect(used).toBeGreaterThanOrEqual(0.75)
  expect(fleet.ended('solved').length).toBeGreaterThanOrEqual(200)
})
