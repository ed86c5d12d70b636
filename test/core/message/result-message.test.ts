import { describe, expect, it } from 'vitest'
import {
  resendMessages,
  resultMessages,
  SOLUTION_NOT_KEPT,
  storedAnswer,
} from '../../../functions/core/message/result-message.ts'
import type { Result } from '../../../functions/core/task/task.ts'

const facts = { taskId: 't', attempts: 1, enqueuedAt: '', settledAt: '' }
const failed: Result = { ...facts, status: 'failed', error: { code: 'C', class: 'task', message: 'No.' } }
const solved: Result = { ...facts, status: 'solved', solution: 'token' }
const solutionGone: Result = { ...facts, status: 'solved' }
const one = (result: Result) => [{ queue: 'results', message: { body: JSON.stringify(result) } }]

describe('a result message', () => {
  it.each(['queue', 'both'] as const)('is sent once, without a delay, for reply %s', (reply) => {
    expect(resultMessages(solved, reply)).toEqual(one(solved))
  })
  it('is not sent for reply record', () => {
    expect(resultMessages(solved, 'record')).toEqual([])
  })

  it.each([
    ['a failure', failed],
    ['a solution that is kept', solved],
  ])('is sent once more for %s', (_, result) => {
    expect(resendMessages(result, 'queue')).toEqual(one(result))
    expect(resendMessages(result, 'record')).toEqual([])
  })
  it('is not sent once more where the solution is gone', () => {
    expect(resendMessages(solutionGone, 'queue')).toEqual([])
  })

  it('that answers a new message of a settled task says so where the solution is gone, and only then', () => {
    expect(storedAnswer(solutionGone, 'queue')).toEqual(one({ ...solutionGone, error: SOLUTION_NOT_KEPT }))
    expect(storedAnswer(solved, 'queue')).toEqual(one(solved))
    expect(storedAnswer(failed, 'both')).toEqual(one(failed))
    expect(storedAnswer(solutionGone, 'record')).toEqual([])
    expect(SOLUTION_NOT_KEPT).toMatchObject({ code: 'SOLUTION_NOT_KEPT', class: 'gone' })
  })
})
