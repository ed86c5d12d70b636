import { STATUS_WORDS } from '../../core/record/headline.ts'
import type { Status } from '../../core/record/record.ts'
import { html } from './html.ts'

/** Colours that white text can be read on. Unknown is never green. */
const COLOURS: Readonly<Record<Status, string>> = {
  ready: '#1a7a48',
  degraded: '#8f5f00',
  not_ready: '#c0281e',
  unknown: '#5a626b',
}

/** Widths of the words at 11 px, as a sans-serif font has them. */
const WIDTHS: Readonly<Record<Status, number>> = { ready: 46, degraded: 66, not_ready: 66, unknown: 64 }
const LABEL = 58

/** A badge for the README of those who use the fleet: the state in a word. */
export function badgeOf(status: Status): string {
  const word = STATUS_WORDS[status].toLowerCase()
  const width = LABEL + WIDTHS[status]
  return html`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="20" role="img" aria-label="Lifesign: ${word}"><title>Lifesign: ${word}</title><clipPath id="r"><rect width="${width}" height="20" rx="3"/></clipPath><g clip-path="url(#r)"><path fill="#3c4249" d="M0 0h${LABEL}v20H0z"/><path fill="${COLOURS[status]}" d="M${LABEL} 0h${WIDTHS[status]}v20H${LABEL}z"/></g><g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11"><text x="${LABEL / 2}" y="14">Lifesign</text><text x="${LABEL + WIDTHS[status] / 2}" y="14">${word}</text></g></svg>
`.markup
}
