import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeLog } from '../../functions/runtime/log.ts'
import { type LogSink, makeLogSink } from '../../local/support/log-sink.ts'
import type { After } from '../../local/support/repeats.ts'
import { makeRollingFile } from '../../local/support/rolling-file.ts'
import { memoryClock } from '../../sim/memory/clock.ts'
import type { LogLine } from '../../sim/memory/log.ts'
import { failed, solved } from '../build/outcomes.ts'
import { recaptcha, smallFleet } from '../small-fleet.ts'
import { sweptFleet } from '../sweep/swept-fleet.ts'
import { folder } from './bundles.ts'

/** A sink whose clock and timers move only when told. */
function sinkIn(data: string, verbose = false) {
  const printed: string[] = []
  const clock = memoryClock(Date.parse('2026-11-21T08:00:00Z'))
  const timers = new Set<{ at: number; run: () => void }>()
  const after: After = (milliseconds, run) => {
    const timer = { at: clock.now() + milliseconds, run }
    timers.add(timer)
    return () => timers.delete(timer)
  }
  const sink = makeLogSink({ data, verbose, print: (text) => printed.push(text), now: clock.now, after })
  const pass = (milliseconds: number) => {
    clock.set(clock.now() + milliseconds)
    for (const timer of [...timers].filter(({ at }) => at <= clock.now())) {
      timers.delete(timer)
      timer.run()
    }
  }
  /** What was printed, without the time. */
  const words = () => printed.map((text) => text.slice(9))
  return { sink, printed, pass, words, timers }
}

/** Lines as the functions write them, level and all, into the sink. */
function tellLines(sink: LogSink, source: string, lines: LogLine[]): void {
  const log = makeLog({ function: source, worker: 'w1' }, 'info', (text) => sink.line(source, text))
  for (const { level, message, fields } of lines)
    if (level === 'debug' || level === 'info' || level === 'warn' || level === 'error') log(level, message, fields)
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

  it('counts what repeats in its own place: the number is told when two seconds are over, and of no other task', async () => {
    const { sink, words, pass, timers } = sinkIn(folder())
    for (let n = 0; n < 5; n++) sink.line('collect', line('warn', 'poll failed', { taskId: `t${n}` }))
    expect(words()).toEqual(['collect: warn: poll failed taskId=t0'])
    pass(1999)
    expect(words()).toHaveLength(1)
    pass(1)
    expect(words()[1]).toBe('collect: warn: poll failed: 4 more like this in the last 2 s')
    pass(120_000)
    sink.line('collect', line('warn', 'poll failed', { taskId: 'other' }))
    expect(words().slice(2)).toEqual(['collect: warn: poll failed taskId=other'])
    sink.line('collect', line('warn', 'poll failed', { taskId: 'another' }))
    sink.line('sweep', line('error', 'no record'))
    await sink.close()
    expect(words().slice(3)).toEqual([
      'sweep: error: no record',
      'collect: warn: poll failed: 1 more like this in the last 2 s',
    ])
    expect(timers.size).toBe(0)
  })

  it('shows each thing that the local runtime says once, and keeps it in the file with its time and its function', async () => {
    const data = folder()
    const { sink, words, printed } = sinkIn(data)
    for (const text of ['the queue is gone', 'throttled', 'the queue is gone']) sink.say('submit', text)
    sink.say('collect', 'throttled')
    await sink.close()
    await sink.close()
    expect(words()).toEqual([
      'submit: the queue is gone',
      'submit: throttled',
      'collect: throttled',
      'submit: the queue is gone: 1 more like this in the last 2 s',
    ])
    expect(printed).toHaveLength(4)
    const kept = readFileSync(join(data, 'logs', 'fleet.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
    const line = (of: string, message: string) => ({
      time: '2026-11-21T08:00:00.000Z',
      level: 'warn',
      function: of,
      message,
    })
    expect(kept.map((text) => JSON.parse(text))).toEqual([
      ...['the queue is gone', 'throttled', 'the queue is gone'].map((text) => line('submit', text)),
      line('collect', 'throttled'),
    ])
  })

  it('tells of a flood once in two seconds', async () => {
    const { sink, words, pass } = sinkIn(folder())
    for (let n = 0; n < 100; n++) {
      sink.line('submit', line('warn', 'submit refused'))
      pass(100)
    }
    await sink.close()
    expect(words()).toEqual([
      'submit: warn: submit refused',
      ...['19', '20', '20', '20', '20'].map((n) => `submit: warn: submit refused: ${n} more like this in the last 2 s`),
    ])
  })

  it('shows how each task ended: solved, failed with its code, expired with the reason why it waited', async () => {
    const failure = { class: 'task', code: 'ERROR_PAGEURL', message: 'no such page' } as const
    const fleet = smallFleet({
      script: {
        submit: (_task, n) =>
          n < 2
            ? { kind: 'accept', afterSeconds: 12, ...(n === 1 ? { answer: { kind: 'failed', failure } } : {}) }
            : { kind: 'refused', failure: { ...failure, class: 'capacity', code: 'ERROR_NO_SLOT_AVAILABLE' } },
      },
    })
    for (const taskId of ['a', 'b']) {
      fleet.send(recaptcha({ taskId }))
      await fleet.drain()
    }
    fleet.send(recaptcha({ taskId: 'c', deadlineSeconds: 10 }))
    await fleet.drain()
    const settled = fleet.lines.filter(({ message }) => message === 'settled')
    expect(settled.map(({ fields }) => fields.taskId)).toEqual(['a', 'b', 'c'])
    const { sink, words } = sinkIn(folder())
    tellLines(sink, 'collect', settled)
    await sink.close()
    expect(words()).toEqual([
      'solved a by captchaai after 15.0 s',
      'failed b: ERROR_PAGEURL (task) by captchaai after 15.0 s',
      expect.stringMatching(/^expired c: DEADLINE_EXCEEDED \(deadline\), because of .+ after 1\d\.\d s$/),
    ])
  })

  it('shows each change of readiness with its reason, and how long the state before it lasted', async () => {
    const fleet = sweptFleet({}, {})
    await fleet.sweepAfter(5)
    await fleet.write([solved(fleet.clock.now(), 12)])
    await fleet.sweepAfter(5)
    await fleet.write(Array.from({ length: 12 }, () => failed(fleet.clock.now())))
    await fleet.sweepAfter(5)
    await fleet.sweepAfter(5)
    const changes = fleet.lines.filter(({ message }) => message === 'readiness changed')
    const { sink, words, pass } = sinkIn(folder())
    for (const [n, change] of changes.entries()) {
      if (n > 0) pass(250_000)
      tellLines(sink, 'sweep', [change])
    }
    await sink.close()
    expect(words()).toEqual([
      'ready: starting',
      expect.stringMatching(/^ready -> not_ready: consecutive_failures=12.* \(was ready for 4 min 10 s\)$/),
    ])
  })

  it('names the problems of a message that is no task, and none of its values', async () => {
    const fleet = smallFleet()
    fleet.send({ taskId: 'x', sitekey: 7, pageurl: 'https://secret.example.test/', colour: 'red', deadlineSeconds: 5 })
    await fleet.submit()
    const { sink, words } = sinkIn(folder())
    tellLines(sink, 'submit', fleet.lines)
    await sink.close()
    expect(words()).toEqual([expect.stringMatching(/^submit: warn: invalid task taskId=x problems=.*sitekey.*colour/)])
    expect(words().join()).not.toMatch(/secret|red\b/)
    expect(words().join().length).toBeLessThan(500)
  })

  it('shows every line as it is when it is asked to', async () => {
    const { sink, printed } = sinkIn(folder(), true)
    sink.line('submit', line('info', 'submitted'))
    await sink.close()
    expect(printed).toEqual([`submit   ${line('info', 'submitted')}`])
  })

  it('keeps the last ten logs, the youngest under the lowest number', async () => {
    const data = folder()
    for (let run = 1; run <= 12; run++) {
      const { sink } = sinkIn(data)
      sink.line('submit', line('info', `run ${run}.`))
      await sink.close()
    }
    const files = readdirSync(join(data, 'logs')).sort()
    expect(files).toEqual([...Array.from({ length: 9 }, (_, n) => `fleet.${n + 1}.jsonl`), 'fleet.jsonl'])
    const runOf = (name: string) => /run (\d+)\./.exec(readFileSync(join(data, 'logs', name), 'utf8'))?.[1]
    expect([runOf('fleet.jsonl'), runOf('fleet.1.jsonl'), runOf('fleet.9.jsonl')]).toEqual(['12', '11', '3'])
  })

  it('begins another file when one is full', async () => {
    const data = folder()
    const file = makeRollingFile(data, 100)
    for (let n = 0; n < 3; n++) file.write(`${n}`.repeat(99))
    await file.close()
    expect(readFileSync(join(data, 'logs', 'fleet.3.jsonl'), 'utf8')).toBe(`${'0'.repeat(99)}\n`)
  })

  it('fills each file again after one was full', async () => {
    const data = folder()
    const file = makeRollingFile(data, 100)
    for (let n = 0; n < 6; n++) file.write(`${n}`.repeat(49))
    await file.close()
    expect(readdirSync(join(data, 'logs')).sort()).toEqual([
      'fleet.1.jsonl',
      'fleet.2.jsonl',
      'fleet.3.jsonl',
      'fleet.jsonl',
    ])
    const linesOf = (n: number) => readFileSync(join(data, 'logs', `fleet.${n}.jsonl`), 'utf8').split('\n').length - 1
    expect([linesOf(1), linesOf(2), linesOf(3)]).toEqual([2, 2, 2])
  })

  it('is closed when the last lines of a full file are written too', async () => {
    const data = folder()
    const file = makeRollingFile(data, 20_000_000)
    file.write('x'.repeat(20_000_000))
    await file.close()
    expect(statSync(join(data, 'logs', 'fleet.1.jsonl')).size).toBe(20_000_001)
  })

  it('in a folder that cannot be used is a problem that says how to mend it', () => {
    const file = join(folder(), 'file')
    writeFileSync(file, '')
    expect(() => sinkIn(file)).toThrow(
      /^the data folder .*file cannot be used \(.*\): mend it, or choose another with LIFESIGN_DATA$/,
    )
  })
})
