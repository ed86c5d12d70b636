import { EventEmitter } from 'node:events'
import { expect, it, onTestFinished, vi } from 'vitest'
import { runProgram, stopOnSignal } from '../../local/support/program.ts'
import { UserError, usageError } from '../../local/support/user-error.ts'

/** A process as far as a program sees it: what it says on standard error, and with which codes it ends. */
function processOf() {
  const said: string[] = []
  const error = vi.spyOn(console, 'error').mockImplementation((text) => void said.push(String(text)))
  onTestFinished(() => void error.mockRestore())
  const exit = (code: number) => void said.push(`exit ${code}`)
  return { said, own: Object.assign(new EventEmitter(), { exit, stdout: new EventEmitter() }) }
}

it.each([
  [
    'the machine does not allow',
    new UserError('port 1 is in use\nby another'),
    ['error: port 1 is in use by another', 'exit 1'],
  ],
  ['is asked for wrongly', usageError('unknown argument -x'), ['error: unknown argument -x', 'exit 2']],
  ['ends by a text', 'no error', ['error: no error (not expected; please report it)', 'exit 1']],
])('a program that %s says one line, and ends with the code of that', async (_, error, expected) => {
  const { said, own } = processOf()
  await runProgram(async () => {
    throw error
  }, own)
  expect(said).toEqual(expected)
})

it('an error that nobody expected is told with the place in our own code, whether thrown, uncaught or a promise that nobody awaits', async () => {
  const { said, own } = processOf()
  const error = new TypeError('x is not a function')
  error.stack = `TypeError: x
    at Object.send (/home/me/lifesign/node_modules/@aws-sdk/core/client.js:1:2)
    at poll (file:///home/me/lifesign/local/lambda/queue-poller.ts:77:5)
    at run (file:///home/me/lifesign/bin/local.ts:3:4)`
  await runProgram(async () => {}, own)
  expect(said).toEqual([])
  own.emit('uncaughtException', error)
  own.emit('unhandledRejection', error)
  await runProgram(() => Promise.reject(error), own)
  const told = 'error: x is not a function (not expected, in lambda/queue-poller.ts line 77; please report it)'
  expect(said).toEqual([told, 'exit 1', told, 'exit 1', told, 'exit 1'])
})

it('a reader of its lines that goes away is no error, and what breaks while it stops is no news', async () => {
  const { said, own } = processOf()
  await runProgram(async () => {
    stopOnSignal(() => new Promise(() => {}), own)
  }, own)
  own.stdout.emit('error', new Error('EPIPE'))
  expect(said).toEqual([])
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  own.emit('SIGTERM')
  own.emit('unhandledRejection', new Error('socket closed'))
  await runProgram(() => Promise.reject(new Error('half started')), own)
  expect(said).toEqual([])
  // That is so for the program that stops, and for no other one.
  const other = processOf()
  await runProgram(() => Promise.reject(usageError('wrong')), other.own)
  expect(other.said).toEqual(['error: wrong', 'exit 2'])
})
