import { COMPARED_RULES, playTruth } from './play.ts'
import { type Score, scoreOf } from './score.ts'
import { TIMELINES } from './timelines.ts'

/**
 * `npm run truth`: how well each rule tells the truth, timeline by timeline. `npm run truth -- WORD`: those with it.
 */
const wanted = process.argv[2] ?? ''
const minutes = (seconds: number): string => (seconds / 60).toFixed(1)
const cells = ({ falseGreen, lateGreen, falseRed, lateRed, unknown, detect, recover, flaps }: Score): string =>
  [
    minutes(falseGreen),
    minutes(lateGreen),
    minutes(falseRed),
    minutes(lateRed),
    minutes(unknown),
    detect ?? '-',
    recover ?? '-',
    flaps,
  ].join(' | ')

const NOTHING: Score = {
  ...{ falseGreen: 0, lateGreen: 0, falseRed: 0, lateRed: 0, unknown: 0 },
  ...{ detect: null, recover: null, flaps: 0 },
}
const longest = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.max(a, b))
const plus = (a: Score, b: Score): Score => ({
  falseGreen: a.falseGreen + b.falseGreen,
  lateGreen: a.lateGreen + b.lateGreen,
  falseRed: a.falseRed + b.falseRed,
  lateRed: a.lateRed + b.lateRed,
  unknown: a.unknown + b.unknown,
  detect: longest(a.detect, b.detect),
  recover: longest(a.recover, b.recover),
  flaps: a.flaps + b.flaps,
})
const sums: Record<(typeof COMPARED_RULES)[number], Score> = {
  lifesign: NOTHING,
  documents: NOTHING,
  'three strikes': NOTHING,
}

console.log(
  '| timeline | rule | false green (min) | of it late | false red | of it late | unknown | detect (s) | recover (s) | flaps |',
)
console.log('|---|---|---|---|---|---|---|---|---|---|')
for (const timeline of TIMELINES.filter(({ name }) => name.includes(wanted))) {
  const said = await playTruth(timeline)
  for (const rule of COMPARED_RULES) {
    const score = scoreOf(timeline, said[rule])
    console.log(`| ${timeline.name} | ${rule} | ${cells(score)} |`)
    sums[rule] = plus(sums[rule], score)
  }
}
for (const rule of COMPARED_RULES) console.log(`| **all** | ${rule} | ${cells(sums[rule])} |`)
