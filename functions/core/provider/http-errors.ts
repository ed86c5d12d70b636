import type { SubmitAnswer } from './answers.ts'

/** How many answers of one task's submits may be HTTP errors without a code of the provider's own. */
export const MOST_HTTP_ERRORS = 5

/**
 * A gateway in front of the provider may answer with an error although the provider took the submit and charged for it.
 * After `MOST_HTTP_ERRORS` such answers the next one counts as a lost answer, so that a provider which charges and
 * answers with errors cannot be paid for one task without end.
 */
export function judgeHttpError(answer: SubmitAnswer, httpErrors: number): SubmitAnswer {
  if (answer.kind !== 'httpError' || httpErrors < MOST_HTTP_ERRORS) return answer
  return { kind: 'lost', failure: { ...answer.failure, class: 'uncertain' } }
}
