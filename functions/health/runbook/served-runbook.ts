import runbook from '../../../docs/runbook.md'
import { preferredType } from '../accept.ts'
import type { Content } from '../rendering.ts'
import { RUNBOOK_POLICY, runbookPageOf } from './runbook-page.ts'

const PAGE = runbookPageOf(runbook)

/** docs/runbook.md as a page, or as it is written where `Accept` prefers text. */
export function servedRunbook(accept: string | undefined): Content {
  const type = preferredType(accept, ['text/html', 'text/plain'])
  if (type === 'text/plain') return { kind: 'document', contentType: 'text/plain; charset=utf-8', text: runbook }
  return { kind: 'document', contentType: 'text/html; charset=utf-8', text: PAGE, headers: RUNBOOK_POLICY }
}
