import { type Html, html } from '../page/html.ts'

const MARKED = /(`[^`]+`|\*\*[^*]+\*\*|\*[^*]+\*|\[[^\]]+\]\([^)\s]+\))/
/** What would mean something to another reader of Markdown. */
const OTHER = /[`*[\]<\\]|&\w+;|(?<!\w)_|_(?!\w)/

/** The text of a heading or a paragraph, with its code, its emphasis and its links. Throws at any other mark. */
export function inlineHtml(text: string): Html[] {
  return text.split(MARKED).map((part, i) => (i % 2 === 1 ? markedPart(part) : plainPart(part)))
}

function plainPart(text: string): Html {
  if (OTHER.test(text)) throw new Error(`the runbook's page cannot show this: ${text.slice(0, 60)}`)
  return html`${text}`
}

function markedPart(part: string): Html {
  if (part.startsWith('`')) return html`<code>${part.slice(1, -1)}</code>`
  if (part.startsWith('**')) return html`<strong>${inlineHtml(part.slice(2, -2))}</strong>`
  if (part.startsWith('*')) return html`<em>${inlineHtml(part.slice(1, -1))}</em>`
  const [text = '', href = ''] = part.slice(1, -1).split('](')
  return linkTo(href, inlineHtml(text))
}

/** A section is on the page. Another document is in the repository, which has no address that the page could know. */
const linkTo = (href: string, text: Html[]): Html =>
  href.startsWith('#') ? html`<a href="${href}">${text}</a>` : html`${text} (<code>docs/${href}</code>)`
