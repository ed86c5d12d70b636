import { compare, LOOPS } from '../scenarios/loops.ts'
import type { Played } from '../scenarios/scenario.ts'

/** `npm run sim:loops`: what Lambda's loop detection would do to the fleet, and what happens without it. */
const countsText = (played: Played): string => {
  const refused = [...played.refusals].map(([why, batches]) => `${batches} batches refused (${why})`)
  return [
    `${played.solved} solved, ${played.failed} failed, ${played.expired} expired`,
    `${played.withoutResult} without a result a minute after the deadline (${played.paidWithoutResult} paid for)`,
    `${played.exhausted} given up by the queue`,
    ...refused,
    `longest chain ${played.longestChain}`,
    `last result after ${Math.round(played.lastResultAt)} s`,
    `queues empty after ${played.queuesEmptyAt > 7200 ? `${(played.queuesEmptyAt / 3600).toFixed(1)} h` : `${Math.round(played.queuesEmptyAt)} s`}`,
  ].join(', ')
}

for (const scenario of LOOPS) {
  const { detected, allowed } = await compare(scenario)
  console.log(`${scenario.tasks} tasks: ${scenario.name}`)
  console.log(`  detection on:  ${countsText(detected)}`)
  console.log(`  as deployed:   ${countsText(allowed)}`)
}
