import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { html, verbatim } from '../../../functions/health/page/html.ts'
import { policyOf } from '../../../functions/health/page/html-document.ts'

describe('a value in markup', () => {
  it.each([
    ['text', 'a < b && c > "d"', 'a &lt; b &amp;&amp; c &gt; &quot;d&quot;'],
    ['quotes of every kind', `'"\``, '&#39;&quot;&#96;'],
    ['control and format characters', 'a\u0000b\u202ec\u001bd', 'a?b?c?d'],
    ['a number', 1.5, '1.5'],
    ['nothing', null, ''],
    ['what is not there', undefined, ''],
    ['markup', html`<b>${'<'}</b>`, '<b>&lt;</b>'],
    ['a list of all that', ['<', html`<br>`, null, [2, '&']], '&lt;<br>2&amp;'],
  ])('that is %s stands there as it should', (_, value, markup) => {
    expect(html`<i title="${value}">${value}</i>`.markup).toBe(`<i title="${markup}">${markup}</i>`)
  })

  it('that is a text of this program can be taken as it stands', () => {
    expect(html`<style>${verbatim('a>b{}')}</style>`.markup).toBe('<style>a>b{}</style>')
  })
})

it('a page may load, run and send nothing, and its one style sheet is allowed by its hash', () => {
  const hash = createHash('sha256').update('a{color:red}').digest('base64')
  const rest = "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
  expect(policyOf('a{color:red}')).toEqual({
    'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${hash}'; ${rest}`,
    'Referrer-Policy': 'no-referrer',
  })
})
