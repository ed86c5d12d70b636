import { Marked, type Token, type Tokens } from 'marked'
import { anchorOf } from '../../contract/runbook.ts'
import { type Html, html, verbatim } from '../page/html.ts'
import { htmlDocument, policyOf } from '../page/html-document.ts'
import { RUNBOOK_STYLE } from './runbook-style.ts'

export const RUNBOOK_POLICY = policyOf(RUNBOOK_STYLE)

const marked = new Marked({
  renderer: {
    heading({ tokens, text, depth }) {
      return `<h${depth} id="${anchorOf(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`
    },
    /** A section is on the page. Another document is in the repository, which has no address that the page could know. */
    link({ href, tokens }) {
      const text = this.parser.parseInline(tokens)
      return href.startsWith('#') ? `<a href="${href}">${text}</a>` : `${text} (<code>docs/${href}</code>)`
    },
  },
})

/** A heading of the first or second level, and what stands below it. */
interface Part {
  heading: string
  tokens: Token[]
}

/** The runbook as a page: its title, its contents, and an id for each heading. */
export function runbookPageOf(markdown: string): string {
  const [first, ...parts] = partsOf(marked.lexer(markdown))
  if (first === undefined) throw new Error('the runbook has no title')
  const body = html`<header><p class="brand">Lifesign</p><p><a href="/status">Status of the fleet</a></p></header>
<main>
<h1>${first.heading}</h1>
<section><nav aria-labelledby="contents"><h2 id="contents">Contents</h2><ul>${parts.map(contentsOf)}</ul></nav></section>
<section>${htmlOf(first)}</section>
${parts.map(sectionOf)}
</main>
<footer><p>This is the runbook of the version that answers. As text: <code>curl -H 'Accept: text/plain'</code>.</p></footer>`
  const description = 'What each alarm and each issue means, what to look at, and what to do.'
  return htmlDocument({ title: 'Runbook', description, style: RUNBOOK_STYLE, look: 'runbook', body })
}

function partsOf(tokens: readonly Token[]): Part[] {
  const parts: Part[] = []
  for (const token of tokens) {
    if (isHeading(token) && token.depth < 3) parts.push({ heading: token.text, tokens: [] })
    else parts.at(-1)?.tokens.push(token)
  }
  return parts
}

const isHeading = (token: Token): token is Tokens.Heading => token.type === 'heading'

function contentsOf({ heading, tokens }: Part): Html {
  const inside = tokens.filter(isHeading).map(({ text }) => html`<li>${linkTo(text)}</li>`)
  return html`<li>${linkTo(heading)}${inside.length === 0 ? null : html`<ul>${inside}</ul>`}</li>`
}

const linkTo = (heading: string): Html => html`<a href="#${anchorOf(heading)}">${heading}</a>`

function sectionOf(part: Part): Html {
  const id = anchorOf(part.heading)
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${part.heading}</h2>
${htmlOf(part)}<p class="up"><a href="#contents">Contents</a></p></section>
`
}

const htmlOf = ({ tokens }: Part): Html => verbatim(marked.parser(tokens))
