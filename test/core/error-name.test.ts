import { expect, it } from 'vitest'
import { errorName } from '../../functions/core/error-name.ts'

it.each([
  [new Error('https://host/?key=secret'), 'Error'],
  [new TypeError('secret'), 'TypeError'],
  [Object.assign(new Error('secret'), { name: 'ThrottlingException' }), 'ThrottlingException'],
  [{ name: 'secret' }, 'object'],
  ['secret', 'string'],
  [undefined, 'undefined'],
  [null, 'object'],
])('of the thrown value %o the log tells the kind only: %s', (thrown, kind) => {
  expect(errorName(thrown)).toBe(kind)
})
