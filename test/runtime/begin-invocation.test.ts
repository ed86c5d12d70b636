import { expect, it } from 'vitest'
import { makeBeginInvocation } from '../../functions/runtime/begin-invocation.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'

/** An environment whose table answers or not; each read takes 450 ms, and an answer sets the clock a minute on. */
function environment({ answers }: { answers: boolean }) {
  const clock = memoryClock(NOON)
  const left = { ms: 18_000 }
  let reads = 0
  const read = async () => {
    reads += 1
    left.ms -= 450
    if (!answers) throw new Error('no answer')
    clock.set(NOON + 60_000)
    return undefined
  }
  const begin = makeBeginInvocation({ clock, tasks: { read } })
  return {
    begin: (id: string) => begin({ awsRequestId: id, getRemainingTimeInMillis: () => left.ms }),
    reads: () => reads,
  }
}

it('an invocation ends by the clock that the table has set, after the time that is left then', async () => {
  const { begin, reads } = environment({ answers: true })
  expect(await begin('i1')).toEqual({ id: 'i1', endsAt: NOON + 60_000 + 17_550, clockUnknown: false })
  expect(await begin('i2')).toEqual({ id: 'i2', endsAt: NOON + 60_000 + 17_550, clockUnknown: false })
  expect(reads()).toBe(1)
})

it('an invocation whose table never answers knows that its clock is not set, and the next one asks again', async () => {
  const { begin, reads } = environment({ answers: false })
  expect(await begin('i1')).toEqual({ id: 'i1', endsAt: NOON + 18_000 - 3 * 450, clockUnknown: true })
  expect(await begin('i2')).toEqual({ id: 'i2', endsAt: NOON + 18_000 - 6 * 450, clockUnknown: true })
  expect(reads()).toBe(6)
})
