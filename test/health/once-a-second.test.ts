import { expect, it } from 'vitest'
import { makeOnceASecond } from '../../functions/health/once-a-second.ts'

/** Readings that come when the test says so; who asks gets the number of the reading. */
function reading() {
  let ticks = 5_000
  const open: PromiseWithResolvers<string>[] = []
  const once = makeOnceASecond(
    () => {
      const one = Promise.withResolvers<string>()
      open.push(one)
      return one.promise
    },
    () => ticks,
  )
  const told: string[] = []
  const ask = (name: string) => void once.read().then((answer) => told.push(`${name} ${answer}`))
  const pass = (milliseconds: number) => {
    ticks += milliseconds
  }
  const answer = async (nth: number) => {
    open[nth - 1]?.resolve(`reading ${nth}`)
    await new Promise(setImmediate)
  }
  return { once, told, ask, pass, answer, reads: () => open.length }
}

it('everybody who asks while a reading is under way, or in the second after its answer, has that one', async () => {
  const { told, ask, pass, answer, reads } = reading()
  ask('a')
  pass(60_000)
  ask('b')
  await answer(1)
  pass(999)
  ask('c')
  expect(reads()).toBe(1)
  pass(1)
  ask('d')
  expect(reads()).toBe(2)
  await answer(2)
  expect(told).toEqual(['a reading 1', 'b reading 1', 'c reading 1', 'd reading 2'])
})

it('what is forgotten is read again, and a reading that was forgotten and answers later says nothing about the new one', async () => {
  const { once, told, ask, pass, answer, reads } = reading()
  ask('a')
  once.forget()
  ask('b')
  await answer(1)
  pass(5_000)
  // The new one is still under way, however long ago the old one was answered.
  ask('c')
  expect(reads()).toBe(2)
  await answer(2)
  pass(999)
  ask('d')
  expect(reads()).toBe(2)
  once.forget()
  ask('e')
  await answer(3)
  expect(told).toEqual(['a reading 1', 'b reading 2', 'c reading 2', 'd reading 2', 'e reading 3'])
})
