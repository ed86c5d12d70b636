import { expect, it } from 'vitest'
import { pollMessageOf } from '../../functions/core/message/poll-message.ts'
import { parsePollMessage } from '../../functions/messages/parse-poll-message.ts'
import { claimedItem } from '../stores/builders.ts'

const { leaseUntil: _, ...facts } = claimedItem()
const submitted = { ...facts, state: 'submitted' as const, provider: 'captchaai', captchaId: '77', submittedAt: 5 }

const problemsOf = (body: string): string[] => {
  const parsed = parsePollMessage(body)
  return 'problems' in parsed ? parsed.problems : []
}

it('a poll message is read as it was written, with all that its sender planned', () => {
  const item = {
    ...{ ...submitted, enqueuedAt: 1.5, deadlineAt: 2.5, ttl: 9, reply: 'both' as const },
    ...{ charges: 6, uncertainCharges: 5, unsolvable: 4, lostIdResubmits: 3, httpErrors: 2 },
    lost: [{ attempt: 'a-0', provider: 'twocaptcha' }, { attempt: 'a-1' }],
  }
  const message = {
    ...pollMessageOf(item, 'the body', false),
    ...{ callback: true, firstPollAt: 7, intervalSeconds: 4.5, lastPendingAt: 8, regularFrom: 10, while: 'HTTP_502' },
  }
  expect(parsePollMessage(JSON.stringify(message))).toEqual({ poll: message })
})

it('a poll message of the version before is read too: the fields of its item beside its own, but for those that no poll reads', () => {
  const { state: _s, hash: _h, lost: _l, ttl: _t, ...told } = submitted
  const message = { ...told, recorded: true, body: 'the body' }
  expect(parsePollMessage(JSON.stringify(message))).toEqual({
    poll: {
      item: { ...told, state: 'submitted', hash: 'unknown', lost: [], ttl: 0 },
      recorded: true,
      body: 'the body',
    },
  })
  const own = { hash: 'its own', ttl: 77, lost: ['a-0'], httpErrors: undefined }
  expect(parsePollMessage(JSON.stringify({ ...message, ...own }))).toEqual({
    poll: {
      item: { ...told, state: 'submitted', hash: 'its own', ttl: 77, lost: [{ attempt: 'a-0' }], httpErrors: 0 },
      recorded: true,
      body: 'the body',
    },
  })
})

it.each(['null', '7', '"text"', '[1]', '[]'])(
  'of a body that is no object (%s) it is said that the body is wrong',
  (body) => expect(problemsOf(body)).toEqual(['the body is wrong']),
)

it('a body that is not JSON is said to be none', () => {
  expect(problemsOf('{nope')).toEqual(['the body is not JSON'])
})

it('each wrong field is named by its whole path, and no value is', () => {
  const good = pollMessageOf(submitted, 'the body', true)
  const bad = {
    ...good,
    intervalSeconds: 0,
    item: { ...submitted, captchaId: '', lost: [{ attempt: 5 }], charges: -1 },
  }
  expect(problemsOf(JSON.stringify(bad)).sort()).toEqual([
    'intervalSeconds is wrong',
    'item.captchaId is wrong',
    'item.charges is wrong',
    'item.lost.0 is wrong',
  ])
  expect(problemsOf(JSON.stringify({ ...good, item: { state: 'submitted' } }))).toContain('item.taskId is wrong')
})
