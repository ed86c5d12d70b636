import { RESULT_ERROR } from '../../contract/messages.ts'
import type { Reply, Result, TaskError } from '../task/task.ts'
import type { OutgoingTo } from './message.ts'

/** The result message of a settled task, where its client wants one on the queue. */
export const resultMessages = (result: Result, reply: Reply): OutgoingTo[] =>
  reply === 'record' ? [] : [{ queue: 'results', message: { body: JSON.stringify(result) } }]

/** A settled result as it may be sent once more: not where the solution is gone, which only the queue ever had. */
export const resendMessages = (result: Result, reply: Reply): OutgoingTo[] =>
  result.status !== 'solved' || result.solution !== undefined ? resultMessages(result, reply) : []

export const SOLUTION_NOT_KEPT: TaskError = {
  code: RESULT_ERROR.solutionNotKept,
  class: 'gone',
  message: 'The task was solved before; its solution was sent to the result queue then and not kept.',
}

/**
 * The answer to a new message of a settled task, whose sender waits for one: the stored result, which says so where it
 * has no solution any more.
 */
export const storedAnswer = (result: Result, reply: Reply): OutgoingTo[] =>
  resultMessages(
    result.status === 'solved' && result.solution === undefined ? { ...result, error: SOLUTION_NOT_KEPT } : result,
    reply,
  )
