/**
 * The characters that SQS refuses in a message. Beyond the first plane (emoji, rare Han) SQS accepts every character.
 */
const ILLEGAL = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u

/**
 * fauxqs 2.4.1 tests UTF-16 halves and therefore refuses every character beyond the first plane, which SQS documents as
 * legal. This function replaces the test of its pattern. If a later fauxqs has no such pattern, this function throws,
 * and the file can be deleted.
 */
export async function acceptEveryLegalCharacter(): Promise<void> {
  const types: unknown = await import(new URL('./sqs/sqsTypes.js', import.meta.resolve('fauxqs')).href)
  const pattern = typeof types === 'object' && types !== null ? Reflect.get(types, 'INVALID_MESSAGE_BODY_CHAR') : null
  if (!(pattern instanceof RegExp)) throw new Error('fauxqs has no INVALID_MESSAGE_BODY_CHAR any more')
  pattern.test = (text) => ILLEGAL.test(text)
}
