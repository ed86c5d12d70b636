import { STATUS_WORDS } from '../../core/record/headline.ts'
import { type Html, html } from './html.ts'
import type { PageSource } from './page-source.ts'
import { timeElement } from './shown-time.ts'

/** The latest changes of the shown state, the newest first. */
export function changesSection({ changes, now }: PageSource): Html {
  const items = changes.map(
    ({ at, status, reasons }) =>
      html`<li class="row"><span class="when">${timeElement(at, now)}</span><span class="tag ${status}">${STATUS_WORDS[status]}</span><span class="dim small grow">${reasons.join(', ')}</span></li>`,
  )
  const list = items.length === 0 ? html`<p class="dim">No change of state is known.</p>` : html`<ol>${items}</ol>`
  return html`<section aria-labelledby="changes"><h2 id="changes">Recent changes</h2>${list}</section>`
}
