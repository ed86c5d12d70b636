import { describe, expect, it } from 'vitest'
import { parseBody } from '../../../functions/core/provider/parse-body.ts'

const NO_CODE = 'the body has the status of a failure and no code'

describe('a body', () => {
  const NAME = 'A'.repeat(60)
  it.each([
    ['ERROR_PAGEURL', { kind: 'code', code: 'ERROR_PAGEURL' }],
    [' E1_2\n', { kind: 'code', code: 'E1_2' }],
    [`E_${NAME}`, { kind: 'code', code: `E_${NAME}` }],
    [`E_${NAME}A`, { kind: 'text', text: `E_${NAME}A` }],
    ['E_', { kind: 'text', text: 'E_' }],
    ['1E_A', { kind: 'text', text: '1E_A' }],
    ['error_pageurl', { kind: 'text', text: 'error_pageurl' }],
    ['BUSY', { kind: 'text', text: 'BUSY' }],
    ['ERROR_A B', { kind: 'text', text: 'ERROR_A B' }],
    ['OK_A<b>', { kind: 'text', text: 'OK_A<b>' }],
    ['ERROR:1003', { kind: 'code', code: 'ERROR: 1003' }],
    ['ERROR: 123456', { kind: 'code', code: 'ERROR: 123456' }],
    ['ERROR: 1234567', { kind: 'text', text: 'ERROR: 1234567' }],
    ['ERROR: 12x', { kind: 'text', text: 'ERROR: 12x' }],
    ['AN ERROR: 12', { kind: 'text', text: 'AN ERROR: 12' }],
    ['ERROR:', { kind: 'text', text: 'ERROR:' }],
    ['OK|', { kind: 'ok', value: '', fields: {} }],
    ['OK|{"a":1}', { kind: 'ok', value: { a: 1 }, fields: {} }],
    ['OK| {"a":1} ', { kind: 'ok', value: { a: 1 }, fields: {} }],
    ['OK|{"a":1', { kind: 'ok', value: '{"a":1', fields: {} }],
    ['OK|[1]', { kind: 'ok', value: '[1]', fields: {} }],
    ['OK|7', { kind: 'ok', value: '7', fields: {} }],
    ['so OK|7', { kind: 'text', text: 'so OK|7' }],
    ['a {"status":1}', { kind: 'text', text: 'a {"status":1}' }],
    ['a <b>', { kind: 'text', text: 'a <b>' }],
  ])('in the text form, %o, is %o', (body, parsed) => {
    expect(parseBody(body)).toEqual(parsed)
  })

  it.each([
    [
      { status: 1, request: 'x' },
      { kind: 'ok', value: 'x', fields: { status: 1, request: 'x' } },
    ],
    [{ status: true }, { kind: 'ok', value: undefined, fields: { status: true } }],
    [
      { status: 'true', a: 2 },
      { kind: 'ok', value: undefined, fields: { status: 'true', a: 2 } },
    ],
    [
      { status: 0, request: ' BUSY ' },
      { kind: 'code', code: 'BUSY' },
    ],
    [
      { status: '0', request: `E${NAME}` },
      { kind: 'code', code: `E${NAME}` },
    ],
    [
      { status: 0, request: `E${NAME}A` },
      { kind: 'unreadable', why: NO_CODE },
    ],
    [
      { status: false, request: 'E' },
      { kind: 'unreadable', why: NO_CODE },
    ],
    [
      { status: 'false', request: '1E' },
      { kind: 'unreadable', why: NO_CODE },
    ],
    [
      { status: 0, request: 'not BUSY' },
      { kind: 'unreadable', why: NO_CODE },
    ],
    [
      { status: 0, request: 'BUSY now' },
      { kind: 'unreadable', why: NO_CODE },
    ],
    [{ status: null }, { kind: 'unreadable', why: 'the body has no status' }],
    [{ status: 10 }, { kind: 'unreadable', why: 'the body has no status' }],
  ])('in JSON, %o, is %o', (body, parsed) => {
    expect(parseBody(` ${JSON.stringify(body)}\n`)).toEqual(parsed)
  })

  it.each([
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', '9007199254740992'],
    ['-9007199254740991', -9007199254740991],
    ['-9007199254740993', '-9007199254740993'],
    ['0', 0],
    ['1e-100', 1e-100],
    ['9e-101', '9e-101'],
    ['-1e-100', -1e-100],
    ['1e-999', 0],
    ['1e999', '1e999'],
    ['"7"', '7'],
  ])('keeps the number %s as %o, which nothing later changes', (digits, value) => {
    expect(parseBody(`{"status":1,"request":${digits}}`)).toMatchObject({ value })
  })
})
