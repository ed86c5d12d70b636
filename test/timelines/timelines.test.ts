import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { failedCalls } from './failed-calls.ts'
import { recordedFleet } from './recorded-fleet.ts'
import { collectStories } from './stories/collect.ts'
import { dayStories } from './stories/days.ts'
import { failingStories } from './stories/failing.ts'
import { limitStories } from './stories/limits.ts'
import { pingbackStories } from './stories/pingback.ts'
import { submitStories } from './stories/submit.ts'
import { sweepStories } from './stories/sweep.ts'

/**
 * Each story is played call by call and compared with its file in `told/`: every call of every port, when it begins,
 * what it changes, sends and answers, in order. An intended change of behaviour shows there as a difference that a
 * reviewer reads; `-u` writes the files anew.
 */
const STORIES = [
  ...submitStories,
  ...collectStories,
  ...pingbackStories,
  ...limitStories,
  ...sweepStories,
  ...dayStories,
]
const fileOf = (title: string): string => `${title.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.txt`

describe('call by call:', () => {
  it.each(STORIES)('$title', async ({ title, plan, seconds, ...options }) => {
    const fleet = recordedFleet(options)
    plan(fleet)
    await expect(await fleet.until(seconds)).toMatchFileSnapshot(`told/${fileOf(title)}`)
  })

  it.each(failingStories)(
    '$title: every call in turn is refused, not answered, the last one, or slow',
    async (story) => {
      await expect(await failedCalls(story)).toMatchFileSnapshot(`told/${fileOf(story.title)}`)
    },
  )

  it('every file belongs to a story', () => {
    expect(readdirSync(`${import.meta.dirname}/told`).sort()).toEqual(
      [...STORIES, ...failingStories].map(({ title }) => fileOf(title)).sort(),
    )
  })
})
