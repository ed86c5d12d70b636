import { playTruth, RULES } from './play.ts'
import { type Score, scoreOf } from './score.ts'
import { TIMELINES } from './timelines.ts'

/** `npm run truth`: how well each rule tells the truth, timeline by timeline. `npm run truth -- WORD`: those with it. */
const wanted = process.argv[2] ?? ''
const minutes = (seconds: number): string => (seconds / 60).toFixed(1)
const cells = ({ falseGreen, lateGreen, falseRed, unknown, detect, recover, flaps }: Score): string =>
  [
    minutes(falseGreen),
    minutes(lateGreen),
    minutes(falseRed),
    minutes(unknown),
    detect ?? '-',
    recover ?? '-',
    flaps,
  ].join(' | ')

console.log(
  '| timeline | rule | false green (min) | of it late | false red | unknown | detect (s) | recover (s) | flaps |',
)
console.log('|---|---|---|---|---|---|---|---|---|')
for (const timeline of TIMELINES.filter(({ name }) => name.includes(wanted))) {
  const said = await playTruth(timeline)
  for (const rule of RULES) console.log(`| ${timeline.name} | ${rule} | ${cells(scoreOf(timeline, said[rule]))} |`)
}
