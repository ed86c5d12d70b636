import { expect, it, onTestFinished, vi } from 'vitest'
import { makeLog } from '../../functions/runtime/log.ts'
import { NOON } from '../../sim/memory/clock.ts'

const LEVELS = ['debug', 'info', 'warn', 'error'] as const

it.each([
  [undefined, ['info', 'warn', 'error']],
  ['debug', ['debug', 'info', 'warn', 'error']],
  ['warn', ['warn', 'error']],
  ['error', ['error']],
] as const)('with the lowest level %s the log holds the levels %j', (lowest, expected) => {
  const lines: string[] = []
  const log = makeLog({}, lowest, (line) => lines.push(line))
  for (const level of LEVELS) log(level, 'a')
  expect(lines.map((line) => JSON.parse(line).level)).toEqual(expected)
})

it('a line of the log is one JSON object: the time, what happened, whose line it is and its facts', () => {
  vi.useFakeTimers({ now: NOON, toFake: ['Date'] })
  onTestFinished(() => {
    vi.useRealTimers()
  })
  const lines: string[] = []
  const log = makeLog({ function: 'submit', worker: 'w1' }, 'info', (line) => lines.push(line))
  log('warn', 'poll failed', { taskId: 'a\nb', code: undefined })
  log('info', 'swept')
  expect(lines).toEqual([
    '{"time":"2026-11-21T12:00:00.000Z","level":"warn","message":"poll failed","function":"submit","worker":"w1","taskId":"a\\nb"}',
    '{"time":"2026-11-21T12:00:00.000Z","level":"info","message":"swept","function":"submit","worker":"w1"}',
  ])
})
