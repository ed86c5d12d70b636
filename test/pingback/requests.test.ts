import { describe, expect, it } from 'vitest'
import { sameSecret } from '../../functions/adapters/worker-ports.ts'
import { pingbackAddress, readPingbackPath } from '../../functions/core/task/pingback-address.ts'
import type { ClaimedItem } from '../../functions/core/task/task.ts'
import { captchaIdOf } from '../../functions/pingback/request.ts'
import { NOTHING_CHARGED } from '../build/nothing-charged.ts'

const TOKEN = '0123456789abcdef0123456789abcdef'
const item: ClaimedItem = {
  ...{ state: 'claimed', taskId: 'order:17.a_b-c', method: 'turnstile', hash: 'h', attempt: 'a1', origin: 'm1' },
  ...NOTHING_CHARGED,
  ...{ enqueuedAt: 0, deadlineAt: 1, reply: 'queue', ttl: 1, leaseUntil: 1, token: TOKEN },
}

describe('the address that a provider calls', () => {
  it('is read back as it was written, whatever the task is called and whatever stands before it', () => {
    for (const base of ['https://x.example.test/pingback', 'http://127.0.0.1:8080/pingback']) {
      const address = pingbackAddress(base, item) ?? ''
      const called = readPingbackPath(new URL(address).pathname)
      expect(called).toEqual({ taskId: item.taskId, attempt: 'a1', token: TOKEN })
      expect(readPingbackPath(`${new URL(address).pathname}/`)).toEqual(called)
    }
  })

  it('names the task by one part of the path, whatever an id may hold one day', () => {
    const address = pingbackAddress('https://x.example.test/a/b', { ...item, taskId: 'a/b?c#d%e' }) ?? ''
    expect(address).toBe(`https://x.example.test/a/b/a%2Fb%3Fc%23d%25e/a1/${TOKEN}`)
    expect(readPingbackPath(new URL(address).pathname)).toEqual({ taskId: 'a/b?c#d%e', attempt: 'a1', token: TOKEN })
  })

  it('is none where the task has no secret', () => {
    const { token: _, ...without } = item
    expect(pingbackAddress('https://x.example.test', without)).toBeUndefined()
  })

  it.each(['', '/', '/pingback', '/pingback/a', '/%E0%A4%A/a1/t', '//%/%/%'])('%j is no address of ours', (path) => {
    expect(readPingbackPath(path)).toBeNull()
  })
})

describe('the captcha id in a call', () => {
  it.each<[string, string, string | undefined, boolean, string]>([
    ['is in the query of a GET', 'id=74213&code=03AG', undefined, false, '74213'],
    ['is in the form of a POST', '', 'id=74213&code=03AG', false, '74213'],
    ['is in a form that Lambda hands over in base64', '', btoa('id=74213&code=03AG'), true, '74213'],
    ['is that of the query where there are two', 'id=74213', 'id=999', false, '74213'],
    ['is that of the query where the form is in base64', 'id=74213', btoa('id=999'), true, '74213'],
    ['is the first one of a query', 'id=74213&id=999', undefined, false, '74213'],
    ['is the first one of a form', '', 'id=74213&id=999', false, '74213'],
    ['is that of the query, even an empty one', 'id=', 'id=999', false, ''],
    ['is read in a form whose base64 has all its characters', '', btoa('code=~~~???>>>&id=74213'), true, '74213'],
    ['is empty where there is no query', '', undefined, false, ''],
    ['is empty where there is no query and no body, but a mark of base64', '', undefined, true, ''],
    ['is empty where the query has no id', 'code=x', undefined, false, ''],
    ['is empty where the form is empty', '', '', false, ''],
    ['is empty where the body is JSON', '', '{"id":"74213"}', false, ''],
    ['is empty where the body is no base64', '', '%%%', true, ''],
    ['is empty where the id is', 'id=', undefined, false, ''],
  ])('%s', (_, rawQueryString, body, isBase64Encoded, id) => {
    expect(captchaIdOf({ rawQueryString, isBase64Encoded, ...(body === undefined ? {} : { body }) })).toBe(id)
  })
})

describe('secrets are compared', () => {
  it('and only equal ones are equal, whatever their length; an empty one never is', () => {
    expect(sameSecret(TOKEN, TOKEN)).toBe(true)
    for (const [a, b] of [
      [TOKEN, `${TOKEN}0`],
      [TOKEN, TOKEN.slice(1)],
      [TOKEN, TOKEN.toUpperCase()],
      [TOKEN, ''],
      ['', ''],
    ] as const) {
      expect(sameSecret(a, b)).toBe(false)
    }
  })
})
