import { makeAsText, secondsOf } from './as-text.ts'
import { type RecordedFleet, recordedFleet } from './recorded-fleet.ts'
import type { Call, Fate } from './recorder.ts'
import type { Scenario } from './scenario.ts'

const SLOW: Fate = { slow: 4.2 }
/** By the beginning of a call's name; the first that fits. A read that is refused and one that is lost are the same. */
const FATES: readonly [string, readonly Fate[]][] = [
  ['provider', ['dies after', SLOW]],
  ['tasks.read', ['refused', 'dies after']],
  ['tasks', ['refused', 'unanswered', 'dies after', SLOW]],
  ['send', ['refused', 'unanswered', 'dies after', SLOW]],
  ['admission.read', ['refused']],
  ['admission', ['refused', 'unanswered', 'dies after']],
  ['extend', ['refused', 'dies after']],
  ['outcomes', ['refused', 'dies after']],
  ['', ['refused']],
]
const fatesOf = (name: string): readonly Fate[] => FATES.find(([begin]) => name.startsWith(begin))?.[1] ?? []
const nameOf = (fate: Fate): string => (typeof fate === 'string' ? fate : `${fate.slow} s slow`)

/** One line for each call of a scenario and each fate of that call: what it costs the tasks, the bill and the counts. */
export async function failedCalls({ title, plan, seconds, ...options }: Scenario): Promise<string> {
  const calls: Call[] = []
  const play = async (fate: (call: Call) => Fate | null): Promise<string> => {
    const fleet = recordedFleet({ ...options, fate })
    plan(fleet)
    await fleet.until(seconds)
    return endOf(fleet)
  }
  const lines = [
    title,
    '',
    `${'nothing fails'.padEnd(WIDTH)} ${await play((call) => {
      calls.push(call)
      return null
    })}`,
  ]
  for (const { name, n } of calls) {
    for (const fate of fatesOf(name)) {
      const end = await play((call) => (call.name === name && call.n === n ? fate : null))
      lines.push(`${`${name} ${n}, ${nameOf(fate)}`.padEnd(WIDTH)} ${end}`)
    }
  }
  return `${lines.join('\n')}\n`
}
const WIDTH = 38

/** What is left of a scenario: results with their times, charges, polls, counts, places and dead letters. */
function endOf(fleet: RecordedFleet): string {
  const asText = makeAsText()
  const { queues, provider, backup, outcomes, admission } = fleet
  const results = [...queues.results.held.values()].map(({ body, sentAt }) => {
    const { taskId, status, error, attempts, usableUntil } = JSON.parse(body)
    const until = usableUntil === undefined ? '' : ` until ${secondsOf(Date.parse(usableUntil))}`
    return `${taskId} ${status}${error === undefined ? '' : ` ${error.code}`} ${secondsOf(sentAt)}${until} (${attempts})`
  })
  const counted = new Map<string, number>()
  for (const item of outcomes.all()) {
    for (const [name, value] of Object.entries(item)) {
      if (typeof value === 'number' && value > 0 && value < 1000) counted.set(name, (counted.get(name) ?? 0) + value)
    }
  }
  const reading = admission.stored()
  const counts = reading.kind === 'admission' ? reading.admission.counts : {}
  const taken = Object.entries(counts).filter(([, count]) => count !== 0)
  return [
    results.join('; ') || 'no result',
    `charges ${provider.ledger.length + backup.ledger.length}`,
    `polls ${provider.polls.length + backup.polls.length}`,
    [...counted].map(([name, count]) => `${name} ${count}`).join(' '),
    asText(Object.fromEntries(taken)),
    `left ${queues.tasks.held.size}/${queues.polls.held.size}/${queues.deadLetters.held.size}`,
  ].join(' · ')
}
