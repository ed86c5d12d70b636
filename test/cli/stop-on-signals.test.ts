import { EventEmitter } from 'node:events'
import { expect, it } from 'vitest'
import { stopOnSignals } from '../../bin/commands/cli/stop-on-signals.ts'

it.each(['SIGINT', 'SIGTERM'])(
  '%s lets a command end by itself, also where it comes twice as one; a later one ends it at once, code 130',
  (signal) => {
    const ends: [code: number, at: number][] = []
    let now = 0
    const program = Object.assign(new EventEmitter(), { exit: (code: number) => ends.push([code, now]) })
    const stop = stopOnSignals(program, () => now)
    expect(stop.aborted).toBe(false)
    for (now of [7000, 7001, 7500]) program.emit(signal)
    expect([stop.aborted, ends]).toEqual([true, []])
    now = 7501
    program.emit(signal)
    expect(ends).toEqual([[130, 7501]])
  },
)
