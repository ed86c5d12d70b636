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
