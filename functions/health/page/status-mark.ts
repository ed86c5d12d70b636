import type { Status } from '../../core/record/record.ts'
import { type Html, html } from './html.ts'

/** Each state has a shape of its own, so that nobody has to tell colours apart. */
const SHAPES: Readonly<Record<Status, Html>> = {
  ready: html`<circle cx="24" cy="24" r="22" fill="var(--s)"/><path d="M14 25l7 7 13-15" class="g"/>`,
  degraded: html`<path d="M24 4l21 38H3z" fill="var(--s)" stroke="var(--s)" stroke-width="4" stroke-linejoin="round"/><path d="M24 17v12M24 35v.5" class="g"/>`,
  not_ready: html`<path d="M15 2h18l13 13v18L33 46H15L2 33V15z" fill="var(--s)"/><path d="M16 16l16 16M32 16L16 32" class="g"/>`,
  unknown: html`<circle cx="24" cy="24" r="20.5" fill="none" stroke="var(--s)" stroke-width="3" stroke-dasharray="6 4.7"/><path d="M18 19c0-8 12-8 12-1 0 5-6 5-6 10M24 34v.5" class="q"/>`,
}

export const statusMark = (status: Status): Html =>
  html`<svg viewBox="0 0 48 48" aria-hidden="true">${SHAPES[status]}</svg>`
