import { describe, expect, it } from 'vitest'
import {
  type Accounting,
  accountedBy,
  handedOver,
  reportedByCallback,
  resultMayBeUnsent,
  takenOver,
} from '../../../functions/core/task/accounting.ts'

const AT = Date.UTC(2026, 10, 21)
const byMessage = () => accountedBy({ id: 'collect-1', via: 'message' }, AT)
const byCallback = () => accountedBy({ id: 'pingback-1', via: 'callback' }, AT)
const byNobody = () => handedOver(AT)
const afterCallback = () => takenOver(byCallback(), { id: 'collect-2', via: 'message' }, AT + 1)
const callbackAfterCallback = () => takenOver(byNobody(), { id: 'pingback-2', via: 'callback' }, AT + 1)
const callbackAfterMessage = () => takenOver(byMessage(), { id: 'pingback-3', via: 'callback' }, AT + 1)

describe('the accounting of a settlement', () => {
  it('names the invocation that settles the task, and since when', () => {
    expect(byMessage()).toEqual({ invocation: 'collect-1', via: 'message', since: AT, resultMayBeUnsent: false })
  })

  it('has no owner once a callback could not send the result', () => {
    expect(byNobody()).toEqual({ invocation: null, via: 'callback', since: AT, resultMayBeUnsent: true })
  })

  it('gives the owner that takes it over its own time to write an outcome item', () => {
    expect(afterCallback()).toMatchObject({ invocation: 'collect-2', via: 'message', since: AT + 1 })
  })

  const TABLE: [string, () => Accounting, { kept: [boolean, boolean]; taken: [boolean, boolean] }][] = [
    ['a message', byMessage, { kept: [false, false], taken: [false, false] }],
    ['a callback', byCallback, { kept: [false, true], taken: [true, false] }],
    ['nobody', byNobody, { kept: [true, false], taken: [true, false] }],
    ['a message after a callback', afterCallback, { kept: [true, false], taken: [true, false] }],
    ['a callback after a callback', callbackAfterCallback, { kept: [true, false], taken: [true, false] }],
    ['a callback after a message', callbackAfterMessage, { kept: [false, true], taken: [true, false] }],
  ]
  it.each(TABLE)(
    'of %s tells whether the result may be unsent, and whether a callback reported it',
    (_, accounting, row) => {
      const owned = accounting()
      const told = (taken: boolean) => [resultMayBeUnsent(owned, taken), reportedByCallback(owned, taken)]
      expect({ kept: told(false), taken: told(true) }).toEqual(row)
    },
  )
})
