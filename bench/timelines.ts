import { isolateEnvironment } from '../local/support/program.ts'
import { scoreOf } from '../sim/truth/score.ts'
import { type Interval, isInAny } from '../sim/truth/timeline.ts'
import { LIVE_TIMELINES } from './timelines/live-timelines.ts'
import { playLive, type SaidLive, SPEED } from './timelines/play-live.ts'

/**
 * `npm run timelines`, or with the names of some: labelled timelines against fleets of their own, in real time, with
 * provider, traffic and every setting in seconds so many times as quick. Limits that are no setting stay as slow as
 * they are, and so count so many times as long. At the end one table, in minutes of the timelines.
 */
const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !Object.hasOwn(LIVE_TIMELINES, name))
if (unknown.length > 0) {
  console.error(`no timeline ${unknown.join(', ')}; there are ${Object.keys(LIVE_TIMELINES).join(', ')}`)
  process.exit(2)
}
isolateEnvironment(process.env)
Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' })
const minutes = (seconds: number): string => (seconds / 60).toFixed(1)

console.log(`At speed ${SPEED}, in minutes of the timeline; the best rule known: false green / false red.\n`)
console.log(
  '| timeline | false green | false red | unknown | best known | s to red | s to green | flaps | red although it works, by issues |',
)
console.log(`|${' --- |'.repeat(9)}`)
for (const [name, timeline] of Object.entries(LIVE_TIMELINES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const said = await playLive(timeline)
  const score = scoreOf(
    { ...timeline, name, detection: 0 },
    said.map(({ what }) => what),
  )
  const best = timeline.best?.join(' / ') ?? '–'
  const { falseGreen, falseRed, unknown: blind, detect, recover, flaps } = score
  const cells = [name, ...[falseGreen, falseRed, blind].map(minutes), best, detect ?? '–', recover ?? '–', flaps]
  console.log(`| ${cells.join(' | ')} | ${reasonsOf(said, timeline.broken)} |`)
}

/** Minutes in which a fleet that works was shown as not ready or unknown, by the issues that it showed. */
function reasonsOf(said: readonly SaidLive[], broken: readonly Interval[]): string {
  const wrong = said.filter(({ what }, second) => what !== 'ready' && !isInAny(second, broken))
  const byReason = [...Map.groupBy(wrong, ({ why }) => why)].sort(([, a], [, b]) => b.length - a.length)
  return byReason.map(([why, all]) => `${why} ${minutes(all.length)}`).join('; ') || '–'
}
