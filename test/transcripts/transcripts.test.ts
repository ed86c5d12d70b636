import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { failedCalls } from './failed-calls.ts'
import { recordedFleet } from './recorded-fleet.ts'
import { collectScenarios } from './scenarios/collect.ts'
import { dayScenarios } from './scenarios/days.ts'
import { failingScenarios } from './scenarios/failing.ts'
import { limitScenarios } from './scenarios/limits.ts'
import { pingbackScenarios } from './scenarios/pingback.ts'
import { submitScenarios } from './scenarios/submit.ts'
import { sweepScenarios } from './scenarios/sweep.ts'

/**
 * Each scenario is played call by call and compared with its file in `expected/`: every call of every port, when it
 * begins, what it changes, sends and answers, in order. An intended change of behaviour shows there as a difference
 * that a reviewer reads; `-u` writes the files anew.
 */
const SCENARIOS = [
  ...submitScenarios,
  ...collectScenarios,
  ...pingbackScenarios,
  ...limitScenarios,
  ...sweepScenarios,
  ...dayScenarios,
]
/** As they were before this run: a file that is not there yet is written, and must not pass for one that was compared. */
const EXPECTED = readdirSync(`${import.meta.dirname}/expected`)
const fileOf = (title: string): string => `${title.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.txt`

describe('call by call:', () => {
  it.each(SCENARIOS)('$title', async ({ title, plan, seconds, ...options }) => {
    const fleet = recordedFleet(options)
    plan(fleet)
    await expect(await fleet.until(seconds)).toMatchFileSnapshot(`expected/${fileOf(title)}`)
  })

  it.each(failingScenarios)(
    '$title: every call in turn is refused, not answered, the last one, or slow',
    async (scenario) => {
      await expect(await failedCalls(scenario)).toMatchFileSnapshot(`expected/${fileOf(scenario.title)}`)
    },
  )

  it('every scenario has its file, and every file its scenario', () => {
    expect(EXPECTED.toSorted()).toEqual(
      [...SCENARIOS, ...failingScenarios].map(({ title }) => fileOf(title)).toSorted(),
    )
  })
})
