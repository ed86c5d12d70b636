import { usableUntils } from '../sim/fleet/scenarios/usable-until.ts'

/** `node bench/usable-until.ts`: how early `usableUntil` is, for each wait time of the event source. Virtual time. */
const TASKS = 1000
const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`
const at = (sorted: number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0

console.log(
  'usableUntil before the true end of the token (negative: too late), and the solution on its way to the client',
)
for (const wait of [0, 1, 10, 20]) {
  const all = await usableUntils(wait, TASKS)
  const early = all.map((one) => one.early).sort((a, b) => a - b)
  const over = all.map((one) => one.early - one.interval).sort((a, b) => a - b)
  const delay = all.map((one) => one.delay).sort((a, b) => a - b)
  console.log(
    `wait ${wait} s: ${all.length} solved, early median ${seconds(at(early, 0.5))}, worst ${seconds(at(early, 1))}, ` +
      `most too late ${seconds(Math.max(0, -(early[0] ?? 0)))}, beyond the interval between polls ${seconds(at(over, 1))}; ` +
      `delay median ${seconds(at(delay, 0.5))}, worst ${seconds(at(delay, 1))}`,
  )
}
