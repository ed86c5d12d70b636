import type { IssueCode } from '../../contract/issues.ts'
import type { Mode } from '../admission/item/admission.ts'
import { issueCode, issueValue } from '../rules/issue.ts'
import { ISSUE_TEXTS } from '../rules/issue-texts.ts'
import type { Status } from './record.ts'
import { durationText, timeText } from './time-text.ts'

/** What a headline is made of. Issues and warnings may be codes without values, as in the public views. */
export interface Stated {
  status: Status
  mode: Mode
  issues: readonly string[]
  warnings: readonly string[]
}

/** The state of the fleet in the words of the page, the badge, `/status.json` and `lifesign status`. */
interface Headline {
  /** `Ready`, `Degraded`, `Not ready` or `Unknown`. */
  word: string
  /** The reason, as the end of the sentence that the word begins. */
  reason: string
  means: string
  next: string | null
  /** The code of the issue or warning that is the reason; null: the mode is, or there is none. */
  code: IssueCode | null
}

export const STATUS_WORDS: Readonly<Record<Status, string>> = {
  ready: 'Ready',
  degraded: 'Degraded',
  not_ready: 'Not ready',
  unknown: 'Unknown',
}

/** `Not ready since 11:46 UTC, for 14 min: the balance is down to $0.50.` `since` null: nobody knows. */
export function sentenceOf(
  { word, reason }: Pick<Headline, 'word' | 'reason'>,
  since: number | null,
  now: number,
): string {
  const when = since === null ? '' : ` since ${timeText(since, now)}, for ${durationText(now - since)}`
  return `${word}${when}: ${reason}.`
}

/** One function for every surface, so that no two of them can tell different reasons. */
export function headlineOf({ status, mode, issues, warnings }: Stated): Headline {
  const word = STATUS_WORDS[status]
  const cause = firstCause(status === 'ready' || status === 'degraded' ? warnings : issues)
  if (status === 'ready') return { word, ...(cause?.code === 'starting' ? explained(cause) : { ...READY, code: null }) }
  if (cause !== null && (status !== 'degraded' || isReasonToDegrade(cause, mode))) return { word, ...explained(cause) }
  return { word, ...(status === 'degraded' ? MODES[mode] : NO_REASON), code: null }
}

interface Cause {
  code: IssueCode
  value: string | null
}

/** Of several issues or warnings the one that comes first in the order of causes. */
function firstCause(texts: readonly string[]): Cause | null {
  const byCode = new Map(texts.toReversed().map((text) => [issueCode(text), text]))
  let code: IssueCode
  for (code in ISSUE_TEXTS) {
    const text = byCode.get(code)
    if (text !== undefined) return { code, value: issueValue(text) }
  }
  return null
}

/** Warnings that do not change what the fleet does. They are listed, but they are not the reason of `degraded`. */
const ASIDE: readonly IssueCode[] = ['starting', 'balance_unknown', 'provider_slow', 'client_errors']
const isReasonToDegrade = ({ code }: Cause, mode: Mode): boolean => mode === 'normal' || !ASIDE.includes(code)

function explained({ code, value }: Cause): Omit<Headline, 'word'> {
  const { reason, means, next } = ISSUE_TEXTS[code]
  return { reason: reason(value), means, next, code }
}

const READY = {
  reason: 'the fleet takes tasks, and nothing is wrong',
  means: 'Tasks that are sent now will be solved.',
  next: null,
}
const NO_REASON = { reason: 'the last sweep gives no reason', means: 'Do not rely on the fleet.', next: null }

const STRAINED = 'Tasks are solved. The less urgent ones wait longer than usual.'
const MODES: Readonly<Record<Mode, Omit<Headline, 'word' | 'code'>>> = {
  normal: { reason: 'the fleet works with restrictions', means: STRAINED, next: null },
  degraded: {
    reason: 'the fleet is under strain and serves the more urgent tasks first',
    means: STRAINED,
    next: 'See whether the queue is long or many tasks fail.',
  },
  emergency: {
    reason: 'the fleet is under heavy strain and serves little but critical tasks',
    means: 'Critical tasks are solved. Most others wait.',
    next: 'See whether most tasks fail or no worker runs.',
  },
}
