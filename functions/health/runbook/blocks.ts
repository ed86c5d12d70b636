/** A part of a document that stands on lines of its own. */
export type Block =
  | { kind: 'heading'; level: number; text: string }
  /** Commands, as they are typed. */
  | { kind: 'commands'; text: string }
  | { kind: 'paragraph'; text: string }

const FENCED = /```\w*\n[\s\S]*?\n```/
const HEADING = /^(#{1,3}) (.+)$/
/** Lists, tables, quotes, indented code, rules, HTML, pictures, deeper headings: what this does not know. */
const OTHER = /^(?:[-+>|<=#~!]|\* |\d+[.)] |\s|```)/m

/**
 * The Markdown of which docs/runbook.md is made, and no more: headings of three levels, paragraphs, and fences. Throws
 * at anything else, so that a test finds it and nobody reads a table as one long line.
 */
export function blocksOf(markdown: string): Block[] {
  return markdown
    .split(new RegExp(`(${FENCED.source})`))
    .flatMap((part, i) => (i % 2 === 1 ? [commandsIn(part)] : part.split(/\n{2,}/).flatMap(textBlock)))
}

const commandsIn = (fenced: string): Block => ({ kind: 'commands', text: fenced.split('\n').slice(1, -1).join('\n') })

function textBlock(part: string): Block[] {
  const text = part.replace(/^\n|\n$/g, '')
  if (text === '') return []
  const [, marks, heading] = HEADING.exec(text) ?? []
  if (marks !== undefined && heading !== undefined) return [{ kind: 'heading', level: marks.length, text: heading }]
  if (OTHER.test(text)) throw new Error(`the runbook's page cannot show this: ${text.slice(0, 60)}`)
  return [{ kind: 'paragraph', text: text.replaceAll('\n', ' ') }]
}
