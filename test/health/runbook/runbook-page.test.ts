import { describe, expect, it } from 'vitest'
import { blocksOf } from '../../../functions/health/runbook/blocks.ts'
import { inlineHtml } from '../../../functions/health/runbook/inline.ts'
import { runbookPageOf } from '../../../functions/health/runbook/runbook-page.ts'

const markupOf = (text: string): string =>
  inlineHtml(text)
    .map(({ markup }) => markup)
    .join('')

describe('the blocks of a document', () => {
  it('are headings, paragraphs and commands, in their order', () => {
    const text = '# A b\n\nOne\ntwo.\n\n\n```sh\n# no heading\n\n- no list\n```\n\n### C\n\nThree.\n'
    expect(blocksOf(text)).toEqual([
      { kind: 'heading', level: 1, text: 'A b' },
      { kind: 'paragraph', text: 'One two.' },
      { kind: 'commands', text: '# no heading\n\n- no list' },
      { kind: 'heading', level: 3, text: 'C' },
      { kind: 'paragraph', text: 'Three.' },
    ])
  })

  it.each([
    '- a list',
    '+ a list',
    '* a list',
    '1. a list',
    '2) a list',
    '| a | table |',
    '> a quote',
    '    indented code',
    '---',
    '===',
    '~~~',
    '<b>HTML</b>',
    '![a](picture.png)',
    '#### too deep',
    '#no space',
    '# a heading\nwith its text',
    '```sh\nnever closed',
    'A sentence.\n- and a list',
  ])('%j is refused, because the page could not show it as it is meant', (text) => {
    expect(() => blocksOf(`# A\n\n${text}\n`)).toThrow(/^the runbook's page cannot show this: /)
  })
})

describe('the text of a paragraph', () => {
  it.each([
    ['plain, with 3 × 4 and snake_case', 'plain, with 3 × 4 and snake_case'],
    ['`a < b && "c"`', '<code>a &lt; b &amp;&amp; &quot;c&quot;</code>'],
    ['`*[x](y)*`', '<code>*[x](y)*</code>'],
    ['**Do `it`.** Now', '<strong>Do <code>it</code>.</strong> Now'],
    ['the *Page* alarm', 'the <em>Page</em> alarm'],
    ['see [*A* `b`](#a-b).', 'see <a href="#a-b"><em>A</em> <code>b</code></a>.'],
    ['see [the other](contracts.md#x).', 'see the other (<code>docs/contracts.md#x</code>).'],
    ['[x](#a"onclick=)', '<a href="#a&quot;onclick=">x</a>'],
    ['if a > b', 'if a &gt; b'],
  ])('%s', (text, markup) => {
    expect(markupOf(text)).toBe(markup)
  })

  it.each(['a ` b', 'a * b', '_stressed_', '[a][b]', '<b>', '\\*', '&amp;', '[a](b c)', '**half'])(
    '%s is refused, because other readers of Markdown would show something else',
    (text) => {
      expect(() => markupOf(text)).toThrow(/^the runbook's page cannot show this: /)
    },
  )
})

it('a document without a title has no page', () => {
  expect(() => runbookPageOf('Text.\n')).toThrow('the runbook has no title')
})

it('commands keep their lines', () => {
  const page = runbookPageOf('# A\n\n```sh\none \\\n  --two\n\nthree\n```\n')
  expect(page).toContain('<pre><code>one \\\n  --two\n\nthree\n</code></pre>')
})

describe('the page of a document', () => {
  const page = () => runbookPageOf('# A\n\nOf it.\n\n## B c\n\nTwo.\n\n### D\n\n```sh\nrun\n```\n\n## E\n\nFive.\n')
  const lines = (text: string) => text.split('\n').filter((line) => line !== '')

  it('has a section for each heading of the second level, and those of the third inside', () => {
    expect(lines(/<main>(.*)<\/main>/s.exec(page())?.[1] ?? '')).toEqual([
      '<h1>A</h1>',
      '<section><nav aria-labelledby="contents"><h2 id="contents">Contents</h2><ul><li><a href="#b-c">B c</a><ul><li><a href="#d">D</a></li></ul></li><li><a href="#e">E</a></li></ul></nav></section>',
      '<section><p>Of it.</p>',
      '</section>',
      '<section aria-labelledby="b-c"><h2 id="b-c">B c</h2>',
      '<p>Two.</p>',
      '<h3 id="d">D</h3>',
      '<pre><code>run',
      '</code></pre>',
      '<p class="up"><a href="#contents">Contents</a></p></section>',
      '<section aria-labelledby="e"><h2 id="e">E</h2>',
      '<p>Five.</p>',
      '<p class="up"><a href="#contents">Contents</a></p></section>',
    ])
  })

  it('says what it is in its title and for search', () => {
    expect(page()).toContain('<title>Runbook · Lifesign</title>')
    expect(page()).toMatch(/<meta name="description" content="What each alarm and each issue means, .+\.">/)
  })
})

it('what cannot be shown is named by its beginning, not in full', () => {
  const long = `- ${'x'.repeat(500)}`
  const start = "the runbook's page cannot show this: "
  expect(() => blocksOf(long)).toThrow(new Error(`${start}${long.slice(0, 60)}`))
  expect(() => markupOf(`*${long}`)).toThrow(new Error(`${start}*${long.slice(0, 59)}`))
})
