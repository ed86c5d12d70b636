import type { FailureClass } from './error-class.ts'

/** One answer of a provider, as an invocation reports it to the fleet. Times are milliseconds since 1970. */
export interface Observation {
  provider: string
  operation: 'submit' | 'result'
  answer: { kind: 'ok' } | { kind: 'failure'; class: FailureClass; code: string; retryAfterSeconds?: number }
  at: number
}

/** `failure`: what the provider answered instead; null: it did what it was asked. */
export function observationOf(
  provider: string,
  operation: Observation['operation'],
  failure: { class: FailureClass; code: string; retryAfterSeconds?: number } | null,
  at: number,
): Observation {
  if (failure === null) return { provider, operation, answer: { kind: 'ok' }, at }
  const { class: name, code, retryAfterSeconds: seconds } = failure
  const asked = seconds === undefined ? {} : { retryAfterSeconds: seconds }
  return { provider, operation, answer: { kind: 'failure', class: name, code, ...asked }, at }
}
