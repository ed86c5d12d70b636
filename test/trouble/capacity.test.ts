import { afterEach, describe, expect, it, test } from 'vitest'
import { type TroubledFleet, troubledFleet } from './troubled-fleet.ts'

const HOUR = 3600
let stop = () => {}
afterEach(() => stop())

/** How many of the threads are busy on average, and the longest time in which one was free while tasks waited. */
function watchThreads(fleet: TroubledFleet, threads: number) {
  let [busySeconds, seconds, unused, longestUnused] = [0, 0, 0, 0]
  return {
    eachSecond() {
      const [busy = 0] = fleet.busy()
      busySeconds += busy
      seconds += 1
      unused = busy < threads && fleet.depth('tasks') > 0 ? unused + 1 : 0
      longestUnused = Math.max(longestUnused, unused)
    },
    busyShare: () => busySeconds / seconds / threads,
    longestUnused: () => longestUnused,
  }
}

describe('two threads and a thousand tasks in an hour', () => {
  test.each([
    ['that the provider tells', 2, 1.05],
    ['that the fleet has to find out', undefined, 1.2],
  ])('%s: nothing fails, few submits are in vain, and no place is unused for long', async (_, toldThreads, share) => {
    const tellsThreads = toldThreads !== undefined
    const fleet = troubledFleet({
      providers: [{ threads: 2, tellsThreads }],
      idleMs: 1000,
      ...(tellsThreads && { toldThreads }),
    })
    stop = fleet.stop
    const watch = watchThreads(fleet, 2)
    await fleet.run(HOUR, 1000 / HOUR, watch.eachSecond)
    const bought = fleet.submits.filter(({ accepted }) => accepted).length
    expect(bought).toBeGreaterThan(290)
    expect(fleet.submits.length).toBeLessThanOrEqual(share * bought)
    expect(fleet.ended('failed')).toEqual([])
    expect(fleet.depth('deadLetters')).toBe(0)
    expect(watch.longestUnused()).toBeLessThanOrEqual(30)
    expect(watch.busyShare()).toBeGreaterThan(0.8)
    expect(fleet.changes().filter(({ what }) => what === 'breaker')).toEqual([])
  })
})

it('a thousand tasks at once are sent to twocaptcha at no more than 60 submits in 3 s', async () => {
  const fleet = troubledFleet({ providers: [{ name: 'twocaptcha' }], workers: 12, maxInFlight: 1000, sweeps: false })
  stop = fleet.stop
  fleet.send(1000)
  await fleet.run(120, 0)
  const times = fleet.submits.map(({ at }) => at)
  const most = Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 3).length))
  expect(most).toBeLessThanOrEqual(60)
  expect(times.length).toBeGreaterThan(500)
  expect(fleet.ended('failed')).toEqual([])
})
