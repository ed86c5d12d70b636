import type { SubmitAnswer } from './answers.ts'

/** The most HTTP errors without a provider's own code that one task's submits may receive. */
export const MOST_HTTP_ERRORS = 5

/**
 * A gateway in front of the provider may answer with an error although the provider accepted the submit and charged for
 * it. After `MOST_HTTP_ERRORS` such answers the next one counts as a lost answer. So a provider that charges and
 * answers with errors cannot be paid for one task without end.
 */
export function judgeHttpError(answer: SubmitAnswer, httpErrors: number): SubmitAnswer {
  if (answer.kind !== 'httpError' || httpErrors < MOST_HTTP_ERRORS) return answer
  return { kind: 'lost', failure: { ...answer.failure, class: 'uncertain' } }
}
