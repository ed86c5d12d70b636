import { isolateEnvironment } from '../local/support/program.ts'
import { type OutageReport, report, table } from './outages/report.ts'
import { STORIES } from './outages/stories.ts'

/**
 * `npm run outages`, or with the names of some stories: each on a fleet and engines of its own, on free ports, in real
 * time. At the end one table.
 */
const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !Object.hasOwn(STORIES, name))
if (unknown.length > 0) {
  console.error(`no story ${unknown.join(', ')}; there are ${Object.keys(STORIES).join(', ')}`)
  process.exit(2)
}
isolateEnvironment(process.env)
Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' })
const rows: { story: string; report: OutageReport; notes: string }[] = []
for (const [story, run] of Object.entries(STORIES)) {
  if (wanted.length > 0 && !wanted.includes(story)) continue
  const began = Date.now()
  const { observed, notes } = await run()
  rows.push({ story, report: report(observed), notes })
  console.error(`${story}: ${((Date.now() - began) / 1000).toFixed(0)} s`)
}
console.log(table(rows))
