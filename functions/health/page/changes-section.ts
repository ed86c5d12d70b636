import type { FleetChange } from '../../core/outcome/change.ts'
import { STATUS_WORDS } from '../../core/record/headline.ts'
import type { StateChange } from '../../core/record/record.ts'
import { type Html, html } from './html.ts'
import type { PageSource } from './page-source.ts'
import { timeElement } from './shown-time.ts'

const MOST = 20

interface Line {
  at: number
  look: string
  word: string
  more: string
}

/** The latest changes of the shown state, and of breakers, keys and routes, the newest first. */
export function changesSection({ changes, details, now }: PageSource): Html {
  const lines = [...changes.map(stateLine), ...(details?.fleetChanges ?? []).map(fleetLine)]
  const items = lines
    .sort((a, b) => b.at - a.at)
    .slice(0, MOST)
    .map(
      ({ at, look, word, more }) =>
        html`<li class="row"><span class="when">${timeElement(at, now)}</span><span class="tag ${look}">${word}</span><span class="dim small grow">${more}</span></li>`,
    )
  const list = items.length === 0 ? html`<p class="dim">No change of state is known.</p>` : html`<ol>${items}</ol>`
  return html`<section aria-labelledby="changes"><h2 id="changes">Recent changes</h2>${list}</section>`
}

const stateLine = ({ at, status, reasons }: StateChange): Line => ({
  ...{ at, look: status, word: STATUS_WORDS[status] },
  more: reasons.join(', '),
})

const fleetLine = ({ at, what, provider, from, to, cause }: FleetChange): Line => ({
  ...{ at, look: 'plain', word: provider === '' ? what : `${provider}, ${what}` },
  more: `${from} → ${to}${cause === '' ? '' : `: ${cause}`}`,
})
