/** Markup. Text from outside can become part of it in one way only: escaped, as a value of `html`. */
export class Html {
  readonly markup: string

  private constructor(markup: string) {
    this.markup = markup
  }

  static of(parts: readonly string[], values: readonly Part[]): Html {
    return new Html(parts.map((part, i) => (i === 0 ? part : `${markupOf(values[i - 1])}${part}`)).join(''))
  }
}

/** What may stand in a template: text and numbers are escaped, markup is not, null and undefined are nothing. */
type Part = Html | readonly Part[] | string | number | null | undefined

export const html = (parts: TemplateStringsArray, ...values: Part[]): Html => Html.of(parts, values)

/** Text of this program, such as a style sheet, that is part of the page as it stands. Never for text from outside. */
export const verbatim = (own: string): Html => Html.of([own], [])

function markupOf(part: Part): string {
  if (part instanceof Html) return part.markup
  if (part === null || part === undefined) return ''
  return typeof part === 'object' ? part.map(markupOf).join('') : escaped(String(part))
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
}

/**
 * For text and for attributes in quotes. Control and format characters become question marks: HTML may not contain the
 * first, and the second can turn the direction of the text around them.
 */
const escaped = (text: string): string =>
  text.replace(/[&<>"'`]/g, (character) => ENTITIES[character] ?? '').replace(/[\p{Cc}\p{Cf}]/gu, '?')
