import { anchorOf } from '../../contract/runbook.ts'
import { type Html, html, verbatim } from '../page/html.ts'
import { htmlDocument, policyOf } from '../page/html-document.ts'
import { type Block, blocksOf } from './blocks.ts'
import { inlineHtml } from './inline.ts'
import { RUNBOOK_STYLE } from './runbook-style.ts'

export const RUNBOOK_POLICY = policyOf(RUNBOOK_STYLE)

/** A heading of the first or second level, and what stands below it. */
interface Part {
  heading: string
  blocks: Block[]
}

/** The runbook as a page: its title, its contents, and an id for each heading. */
export function runbookPageOf(markdown: string): string {
  const [first, ...parts] = partsOf(blocksOf(markdown))
  if (first === undefined) throw new Error('the runbook has no title')
  const body = html`<header><p class="brand">Lifesign</p><p><a href="/status">Status of the fleet</a></p></header>
<main>
<h1>${first.heading}</h1>
<section><nav aria-labelledby="contents"><h2 id="contents">Contents</h2><ul>${parts.map(contentsOf)}</ul></nav></section>
<section>${first.blocks.map(blockHtml)}</section>
${parts.map(sectionOf)}
</main>
<footer><p>This is the runbook of the version that answers. As text: <code>curl -H 'Accept: text/plain'</code>.</p></footer>`
  const description = 'What each alarm and each issue means, what to look at, and what to do.'
  return htmlDocument({ title: 'Runbook', description, style: RUNBOOK_STYLE, look: 'runbook', body })
}

function partsOf(blocks: readonly Block[]): Part[] {
  const parts: Part[] = []
  for (const block of blocks) {
    if (block.kind === 'heading' && block.level < 3) parts.push({ heading: block.text, blocks: [] })
    else parts.at(-1)?.blocks.push(block)
  }
  return parts
}

function contentsOf({ heading, blocks }: Part): Html {
  const inside = blocks.filter(({ kind }) => kind === 'heading').map(({ text }) => html`<li>${linkTo(text)}</li>`)
  return html`<li>${linkTo(heading)}${inside.length === 0 ? null : html`<ul>${inside}</ul>`}</li>`
}

const linkTo = (heading: string): Html => html`<a href="#${anchorOf(heading)}">${heading}</a>`

function sectionOf({ heading, blocks }: Part): Html {
  const id = anchorOf(heading)
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${heading}</h2>
${blocks.map(blockHtml)}<p class="up"><a href="#contents">Contents</a></p></section>
`
}

function blockHtml({ kind, text }: Block): Html {
  if (kind === 'heading') return html`<h3 id="${anchorOf(text)}">${text}</h3>\n`
  if (kind === 'commands') return html`<pre><code>${text.split('\n').map(commandLine)}</code></pre>\n`
  return html`<p>${inlineHtml(text)}</p>\n`
}

/** The ends of lines are markup: in a text they would be control characters, which are not shown. */
const commandLine = (line: string): Html => html`${line}${verbatim('\n')}`
