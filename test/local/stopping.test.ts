import { EventEmitter } from 'node:events'
import { expect, it, vi } from 'vitest'
import { stopOnSignal } from '../../local/support/program.ts'
import { makeTeardown } from '../../local/support/teardown.ts'
import { later } from './bundles.ts'

/** A program whose stop takes so long; what it ended with, and after how many milliseconds. */
function programOf(stop: () => Promise<void>) {
  vi.useFakeTimers()
  later(() => vi.useRealTimers())
  const began = performance.now()
  const ends: [code: number, ms: number][] = []
  const exit = (code: number) => ends.push([code, performance.now() - began])
  const program = Object.assign(new EventEmitter(), { exit })
  let stops = 0
  const stopping = () => {
    stops += 1
    return stop()
  }
  stopOnSignal(stopping, program)
  return { program, ends, stops: () => stops }
}
const never = () => new Promise<void>(() => {})

it.each(['SIGINT', 'SIGTERM'])(
  'a local program stops once at %s, though it comes twice as one, and ends with code 0 when it has stopped',
  async (signal) => {
    const { program, ends, stops } = programOf(() => new Promise((resolve) => setTimeout(resolve, 700)))
    program.emit(signal)
    await vi.advanceTimersByTimeAsync(500)
    program.emit(signal)
    await vi.advanceTimersByTimeAsync(199)
    expect([stops(), ends]).toEqual([1, []])
    await vi.advanceTimersByTimeAsync(1)
    expect(ends).toEqual([[0, 700]])
  },
)

it('a local program that cannot be stopped ends with code 0 all the same, after 4.5 s where something hangs', async () => {
  const failing = programOf(() => Promise.reject(new Error('cannot be closed')))
  failing.program.emit('SIGTERM')
  await vi.advanceTimersByTimeAsync(0)
  expect(failing.ends).toEqual([[0, 0]])
  vi.clearAllTimers()
  const hanging = programOf(never)
  hanging.program.emit('SIGTERM')
  await vi.advanceTimersByTimeAsync(4499)
  expect(hanging.ends).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect(hanging.ends).toEqual([[0, 4500]])
})

it('a local program ends at once, with code 130, at a signal more than half a second after the first', async () => {
  const { program, ends } = programOf(never)
  program.emit('SIGINT')
  await vi.advanceTimersByTimeAsync(501)
  program.emit('SIGTERM')
  expect(ends).toEqual([[130, 501]])
})

it('what was started is taken down the newest first, one after another, and a step that fails keeps no other from it', async () => {
  const steps: string[] = []
  const teardown = makeTeardown()
  teardown.add(() => steps.push('engine'))
  teardown.add(() => {
    steps.push('gateway')
    throw new Error('closed already')
  })
  teardown.add(async () => {
    await Promise.resolve()
    steps.push('functions')
    throw new Error('cannot be stopped')
  })
  await teardown.run()
  await teardown.run()
  expect(steps).toEqual(['functions', 'gateway', 'engine'])
})
