import { describe, expect, it } from 'vitest'
import { runbookPageOf } from '../../../functions/health/runbook/runbook-page.ts'

/** The markup of a paragraph below the title. */
const markupOf = (text: string): string | undefined =>
  /<section><p>(.*)<\/p>\n<\/section>/.exec(runbookPageOf(`# A\n\n${text}\n`))?.[1]

describe('the text of a paragraph', () => {
  it.each([
    ['`a < b && "c"`', '<code>a &lt; b &amp;&amp; &quot;c&quot;</code>'],
    ['**Do `it`.** Now', '<strong>Do <code>it</code>.</strong> Now'],
    ['see [*A* `b`](#a-b).', 'see <a href="#a-b"><em>A</em> <code>b</code></a>.'],
    ['see [the other](contracts.md#x).', 'see the other (<code>docs/contracts.md#x</code>).'],
  ])('%s', (text, markup) => {
    expect(markupOf(text)).toBe(markup)
  })
})

it('a document without a title has no page', () => {
  expect(() => runbookPageOf('Text.\n')).toThrow('the runbook has no title')
})

it('commands keep their lines', () => {
  const page = runbookPageOf('# A\n\n```sh\none \\\n  --two\n\nthree\n```\n')
  expect(page).toContain('<pre><code class="language-sh">one \\\n  --two\n\nthree\n</code></pre>')
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
      '<pre><code class="language-sh">run',
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
