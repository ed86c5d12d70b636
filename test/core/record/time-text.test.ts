import { expect, it } from 'vitest'
import { sentenceOf } from '../../../functions/core/record/headline.ts'
import { dayText, durationText, isoOf, timeText } from '../../../functions/core/record/time-text.ts'
import { HOUR, MINUTE, NOON, SECOND } from '../../build/evidence.ts'

const DAY = 24 * HOUR

it.each([
  [-5 * SECOND, '0 s'],
  [0, '0 s'],
  [999, '0 s'],
  [59_999, '59 s'],
  [MINUTE, '1 min'],
  [HOUR - 1, '59 min'],
  [HOUR, '1 h'],
  [HOUR + MINUTE, '1 h 1 min'],
  [3 * HOUR + 5 * MINUTE + 59 * SECOND, '3 h 5 min'],
  [DAY - 1, '23 h 59 min'],
  [DAY, '1 day'],
  [DAY + 59 * MINUTE, '1 day'],
  [DAY + HOUR, '1 day 1 h'],
  [2 * DAY + 4 * HOUR + 59 * MINUTE, '2 days 4 h'],
  [400 * DAY, '400 days'],
])('a duration of %i ms is told in its two largest units: %s', (milliseconds, text) => {
  expect(durationText(milliseconds)).toBe(text)
})

it.each([
  [NOON, '12:00 UTC'],
  [Date.UTC(2026, 10, 21), '00:00 UTC'],
  [Date.UTC(2026, 10, 21) - 1, '20 Nov, 23:59 UTC'],
  [Date.UTC(2026, 10, 22), '22 Nov, 00:00 UTC'],
  [Date.UTC(2026, 0, 1, 3, 7), '1 Jan, 03:07 UTC'],
  [8.7e15, '1 Jan, 00:00 UTC'],
])('at noon of 21 November, %i is told as %s', (at, text) => {
  expect(timeText(at, NOON)).toBe(text)
})

it('a day has the name of its month', () => {
  expect(Array.from({ length: 12 }, (_, month) => dayText(Date.UTC(2026, month, month + 1))).join(' ')).toBe(
    '1 Jan 2 Feb 3 Mar 4 Apr 5 May 6 Jun 7 Jul 8 Aug 9 Sep 10 Oct 11 Nov 12 Dec',
  )
})

it.each([
  [8.64e15, '+275760-09-13T00:00:00.000Z'],
  [-8.64e15, '-271821-04-20T00:00:00.000Z'],
  [8.64e15 + 1, '1970-01-01T00:00:00.000Z'],
  [Number.NaN, '1970-01-01T00:00:00.000Z'],
])('a number that is no date (%d) is shown as the beginning of time', (at, iso) => {
  expect(isoOf(at)).toBe(iso)
})

it.each([
  [null, 'Not ready: the queue is full.'],
  [NOON - 14 * MINUTE, 'Not ready since 11:46 UTC, for 14 min: the queue is full.'],
])('the sentence says since when and for how long, where that is known (%s)', (since, sentence) => {
  expect(sentenceOf({ word: 'Not ready', reason: 'the queue is full' }, since, NOON)).toBe(sentence)
})
