import fc from 'fast-check'

const SURROGATES = { from: 0xd800, count: 0x800 }
const LAST = 0x10ffff

/**
 * Every character of Unicode. fast-check's own unit `binary` draws the same ones, but to know a character again it makes
 * a table of all 1.1 million: two seconds of CPU in each process that asks for one string.
 */
const anyCharacter = fc.nat({ max: LAST - SURROGATES.count }).map(
  (index) => String.fromCodePoint(index < SURROGATES.from ? index : index + SURROGATES.count),
  (character) => {
    const code = typeof character === 'string' ? character.codePointAt(0) : undefined
    if (code === undefined || String.fromCodePoint(code) !== character) throw new Error('not one character')
    const isSurrogate = code >= SURROGATES.from && code < SURROGATES.from + SURROGATES.count
    if (isSurrogate) throw new Error('half a character')
    return code < SURROGATES.from ? code : code - SURROGATES.count
  },
)

/** Text of any characters, and now and then one that is dangerous as the name of a property. */
export const anyText = (length: { minLength?: number; maxLength?: number } = {}): fc.Arbitrary<string> =>
  fc.string({ unit: anyCharacter, ...length })

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'
const inUrl = (marks: string) =>
  fc.string({
    unit: fc.oneof(
      {
        weight: 10,
        arbitrary: fc.constantFrom(...`${LETTERS}${LETTERS.toUpperCase()}0123456789-._~!$&'()*+,;=:@${marks}`),
      },
      { weight: 1, arbitrary: anyCharacter.map(percentEncoded) },
    ),
  })

/** Also a letter that needs it not. */
function percentEncoded(character: string): string {
  const encoded = encodeURIComponent(character)
  return encoded === character ? `%${character.charCodeAt(0).toString(16)}` : encoded
}

/** Web addresses with every part: `fc.webUrl`, which draws from that table too, with `anyCharacter` in its place. */
export const anyUrl: fc.Arbitrary<string> = fc
  .record({
    scheme: fc.constantFrom('http', 'https'),
    authority: fc.webAuthority(),
    path: fc.array(inUrl('').map((segment) => `/${segment}`)).map((segments) => segments.join('')),
    query: fc.option(
      inUrl('/?').map((text) => `?${text}`),
      { nil: '' },
    ),
    fragment: fc.option(
      inUrl('/?').map((text) => `#${text}`),
      { nil: '' },
    ),
  })
  .map(({ scheme, authority, path, query, fragment }) => `${scheme}://${authority}${path}${query}${fragment}`)
