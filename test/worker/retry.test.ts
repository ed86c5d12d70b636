import { describe, expect, it } from 'vitest'
import { WRITES_SECONDS, workerTimeoutSeconds } from '../../functions/contract/limits.ts'
import { KEPT_BACK_MS, RETRIES, type RetryPolicy, retryFor, retryUnanswered } from '../../functions/worker/retry.ts'
import { memoryClock } from '../../sim/memory/clock.ts'

/** When each try of an operation that always fails began, milliseconds after the first. */
async function triesOf(run: (clock: ReturnType<typeof memoryClock>, fail: () => Promise<never>) => Promise<unknown>) {
  const clock = memoryClock(undefined, { skip: true })
  const startedAt = clock.now()
  const tries: number[] = []
  const error = await run(clock, async () => {
    tries.push(clock.now() - startedAt)
    throw new Error(`try ${tries.length}`)
  }).then(
    () => null,
    (thrown: unknown) => thrown,
  )
  return { tries, error }
}

describe('an operation that fails is tried again', () => {
  const cases: [string, RetryPolicy, number[]][] = [
    ['as often as its policy says', { tries: 3, pauseMs: 250 }, [0, 250, 500]],
    ['once, where one try is allowed', { tries: 1, pauseMs: 250 }, [0]],
    ['until the next try would begin after its time', { budgetMs: 600, pauseMs: 250 }, [0, 250, 500]],
    ['at the last moment of its time too', { budgetMs: 500, pauseMs: 250 }, [0, 250, 500]],
    ['once, where no time is left', { budgetMs: 0, pauseMs: 250 }, [0]],
    ['until the first of both bounds', { tries: 2, budgetMs: 10_000, pauseMs: 250 }, [0, 250]],
  ]
  it.each(cases)('%s', async (_, policy, expected) => {
    const { tries, error } = await triesOf((clock, fail) => retryFor(clock, policy, fail))
    expect(tries).toEqual(expected)
    expect(error).toEqual(new Error(`try ${expected.length}`))
  })

  it('each try is told how much of the time is left', async () => {
    const clock = memoryClock(undefined, { skip: true })
    const left: number[] = []
    const operation = async (leftMs: number) => {
      left.push(leftMs)
      await clock.sleep(100)
      if (left.length < 3) throw new Error('no answer')
      return 'answered'
    }
    expect(await retryFor(clock, { budgetMs: 1000, pauseMs: 250 }, operation)).toBe('answered')
    expect(left).toEqual([1000, 650, 300])
  })

  it('an unanswered settlement is tried for 4 s, or until 5 s before the end of an invocation that may use all its time', async () => {
    const short = await triesOf((clock, fail) => retryUnanswered(clock, fail))
    expect([short.tries.length, short.tries.at(-1)]).toEqual([17, 4000])
    const long = await triesOf((clock, fail) => retryUnanswered(clock, fail, clock.now() + 18_000))
    expect(long.tries.at(-1)).toBe(13_000)
  })
})

/** Longest time from the start of the first try to the start of the last one. */
const spanMs = (policy: RetryPolicy): number => policy.budgetMs ?? ((policy.tries ?? 1) - 1) * policy.pauseMs

describe('the retries of one invocation, one after the other, fit in the time that its limit leaves beside the provider call', () => {
  const providerSeconds = 10
  const limitMs = (workerTimeoutSeconds(providerSeconds) - providerSeconds) * 1000

  it.each([
    ['submit', [RETRIES.recordSubmit, RETRIES.writeOutcome]],
    ['collect', [RETRIES.settle, RETRIES.writeOutcome]],
    ['pingback', [RETRIES.settle, RETRIES.sendResult, RETRIES.writeOutcome]],
  ] as const)('%s', (_, policies) => {
    const sum = policies.reduce((total, policy) => total + spanMs(policy), 0)
    expect(sum).toBeGreaterThan(0)
    expect(sum).toBeLessThan(limitMs)
  })

  it('a submit that is paid in the last moment in which it may begin is recorded and sent in the time of its writes', () => {
    expect(spanMs(RETRIES.recordSubmit) + KEPT_BACK_MS.recordSubmit).toBeLessThanOrEqual(WRITES_SECONDS * 1000)
    expect(spanMs(RETRIES.settle)).toBeLessThanOrEqual(WRITES_SECONDS * 1000)
  })

  it('every policy ends: it has a number of tries or a time, and a pause', () => {
    for (const policy of Object.values<RetryPolicy>(RETRIES)) {
      expect(policy.tries ?? policy.budgetMs).toBeGreaterThan(0)
      expect(policy.pauseMs).toBeGreaterThan(0)
    }
  })
})
