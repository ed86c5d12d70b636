import type { ErrorBody } from './schemas/error-body.ts'

/** How good an answer is, in the words of health+json. `fail` is a 503, and nothing else is. */
export type Grade = 'pass' | 'warn' | 'fail'

/** One line of a report: the view's own status, a rule that fires, or a dependency. */
export interface CheckLine {
  name: string
  grade: Grade
  /** A code or a status, in a report for everybody; with values in a full report. */
  says: string
  /** The time of the evidence, ISO 8601. */
  at?: string | null
  responseMs?: number | null
  /** The path of the section of the runbook about it, for readers with the token. */
  runbook?: string
}

/** `Accept` chooses its format: JSON is `body`, health+json and text are made of `checks`. */
export interface CheckReport {
  kind: 'report'
  body: object
  /** If the grade is `fail`, at least one of these is `fail` too. */
  checks: readonly CheckLine[]
}

/** A text that has one format only, or whose view chose the format itself. */
interface Document {
  kind: 'document'
  contentType: string
  text: string
  /** Headers beside those of every view, for example a policy for browsers. */
  headers?: Record<string, string>
}

export type Content = CheckReport | Document

/** `full` for requests with the right token and where no token is configured, `reduced` for all other requests. */
export interface Rendering {
  grade: Grade
  full: () => Content | Promise<Content>
  reduced: () => Content | Promise<Content>
}

/** The answer to a request that a view does not take. */
export interface Refusal {
  status: 400 | 409
  error: ErrorBody['error']
  /** Seconds until the request may be taken; spread before it is sent. */
  retryAfter?: number
}

/** What a view may know of the request. */
export interface Asked {
  /** The last part of the path, if the view's path ends with `*`; otherwise empty. */
  name: string
  /** The header `Accept`. */
  accept: string | undefined
}
