import { describe, expect, it } from 'vitest'
import { sameSecret } from '../../functions/adapters/worker-ports.ts'
import { pingbackAddress, readPingbackPath } from '../../functions/core/task/pingback-address.ts'
import type { ClaimedItem } from '../../functions/core/task/task.ts'
import { captchaIdOf } from '../../functions/pingback/request.ts'

const TOKEN = '0123456789abcdef0123456789abcdef'
const item: ClaimedItem = {
  ...{ state: 'claimed', taskId: 'order:17.a_b-c', method: 'turnstile', hash: 'h', attempt: 'a1', origin: 'm1' },
  ...{
    enqueuedAt: 0,
    deadlineAt: 1,
    reply: 'queue',
    charges: 0,
    uncertainCharges: 0,
    unsolvable: 0,
    lostIdResubmits: 0,
    lost: [],
    httpErrors: 0,
  },
  ...{ ttl: 1, leaseUntil: 1, token: TOKEN },
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

  it('is none where the task has no secret', () => {
    const { token: _, ...without } = item
    expect(pingbackAddress('https://x.example.test', without)).toBeUndefined()
  })

  it.each(['', '/', '/pingback', '/pingback/a', '/%E0%A4%A/a1/t', '//%/%/%'])('%j is no address of ours', (path) => {
    expect(readPingbackPath(path)).toBeNull()
  })
})

describe('the captcha id in a call', () => {
  const of = (rawQueryString: string, body?: string, isBase64Encoded = false) =>
    captchaIdOf({ rawQueryString, isBase64Encoded, ...(body === undefined ? {} : { body }) })

  it.each([
    ['GET, in the query', of('id=74213&code=03AG')],
    ['POST, in the form', of('', 'id=74213&code=03AG')],
    ['POST, in the form, as Lambda hands over a body in base64', of('', btoa('id=74213&code=03AG'), true)],
    ['both: the query', of('id=74213', 'id=999')],
    ['both in base64: the query', of('id=74213', btoa('id=999'), true)],
  ])('%s', (_, id) => {
    expect(id).toBe('74213')
  })

  it.each([of(''), of('code=x'), of('', ''), of('', '{"id":"74213"}'), of('', '%%%', true), of('id=')])(
    'is empty where there is none: %j',
    (id) => {
      expect(id).toBe('')
    },
  )
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
