import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeLogSink } from '../../local/log-sink.ts'
import { folder } from './bundles.ts'

function sinkIn(data: string, verbose = false) {
  const printed: string[] = []
  let now = Date.parse('2026-11-21T08:00:00Z')
  const sink = makeLogSink({ data, verbose, print: (line) => printed.push(line), now: () => now })
  return { sink, printed, pass: (ms: number) => (now += ms) }
}
const line = (level: string, message: string, fields = {}) => JSON.stringify({ time: 'x', level, message, ...fields })

describe('the log of a local run', () => {
  it('shows warnings and errors with their facts, and keeps every line in the file', async () => {
    const data = folder()
    const { sink, printed } = sinkIn(data)
    sink.line('submit', line('info', 'submitted', { taskId: 't' }))
    sink.line(
      'submit',
      line('warn', 'submit lost', { function: 'submit', taskId: 't', code: 'CUT', stack: 'Error\n  at x' }),
    )
    sink.line('submit', 'no JSON')
    await sink.close()
    expect(printed).toEqual([expect.stringMatching(/^\d\d:\d\d:\d\d submit: warn: submit lost taskId=t code=CUT$/)])
    expect(readFileSync(join(data, 'logs', 'fleet.jsonl'), 'utf8').split('\n')).toHaveLength(4)
  })

  it('shows what repeats at most every two seconds, with how much was left out', async () => {
    const { sink, printed, pass } = sinkIn(folder())
    for (let n = 0; n < 5; n++) sink.line('sweep', line('error', 'no record'))
    pass(2000)
    sink.line('sweep', line('error', 'no record'))
    await sink.close()
    expect(printed).toEqual([
      expect.stringMatching(/sweep: error: no record$/),
      expect.stringMatching(/sweep: error: no record \(and 4 like it\)$/),
    ])
  })

  it('tells settled tasks one by one while they are few, else how many', async () => {
    const few = sinkIn(folder())
    few.sink.line('collect', line('info', 'solved', { taskId: 'a' }))
    few.sink.line('collect', line('info', 'failed', { taskId: 'b' }))
    await few.sink.close()
    expect(few.printed.map((text) => text.slice(9))).toEqual(['solved a', 'failed b'])
    const many = sinkIn(folder())
    for (let n = 0; n < 9; n++)
      many.sink.line('collect', line('info', n < 7 ? 'solved' : 'expired', { taskId: `${n}` }))
    await many.sink.close()
    expect(many.printed.map((text) => text.slice(9))).toEqual(['9 tasks settled: 7 solved, 2 expired'])
  })

  it('shows every line as it is when it is asked to', async () => {
    const { sink, printed } = sinkIn(folder(), true)
    sink.line('submit', line('info', 'submitted'))
    await sink.close()
    expect(printed).toEqual([`submit   ${line('info', 'submitted')}`])
  })

  it('keeps the log of the run before', async () => {
    const data = folder()
    for (const run of ['first', 'second']) {
      const { sink } = sinkIn(data)
      sink.line('submit', line('info', run))
      await sink.close()
    }
    expect(readFileSync(join(data, 'logs', 'fleet.1.jsonl'), 'utf8')).toContain('first')
    expect(readFileSync(join(data, 'logs', 'fleet.jsonl'), 'utf8')).toContain('second')
  })

  it('in a folder that cannot be used is a problem that says how to mend it', () => {
    const file = join(folder(), 'file')
    writeFileSync(file, '')
    expect(() => sinkIn(file)).toThrow(
      /^the data folder .*file cannot be used \(.*\): mend it, or choose another with LIFESIGN_DATA$/,
    )
  })
})
