import { createServer } from 'node:http'
import { expect, it } from 'vitest'
import { makeLedger } from '../../local/gateway/ledger.ts'
import { httpAnswer } from '../../local/lambda/url-response.ts'
import { makeReadinessWords } from '../../local/support/console-lines.ts'
import { closeServer, listen } from '../../local/support/listen.ts'
import { isolateEnvironment } from '../../local/support/program.ts'
import { memoryClock } from '../../sim/memory/clock.ts'

it.each([
  ['says itself, whatever the case of the name', { 'Content-Type': 'text/html' }, 'text/html'],
  ['does not say: JSON', {}, 'application/json'],
])('the answer of a function URL has the content type that the function %s', (_, headers, expected) => {
  const answer = httpAnswer(JSON.stringify({ statusCode: 404, headers, body: 'no' }))
  expect(answer).toEqual({ status: 404, headers: { 'content-type': expected }, body: 'no' })
})

it('the console tells how long each state lasted: since the change before, not since the first', () => {
  const clock = memoryClock()
  const words = makeReadinessWords(clock.now)
  const change = (from: string | null, to: string) => words({ from, to, issues: '', warnings: '' })
  expect(change(null, 'ready')).toBe('ready')
  clock.set(clock.now() + 90_000)
  expect(change('ready', 'not_ready')).toBe('ready -> not_ready (was ready for 1 min 30 s)')
  clock.set(clock.now() + 5000)
  expect(change('not_ready', 'ready')).toBe('not_ready -> ready (was not_ready for 5 s)')
})

it.each([
  [400, '0 s'],
  [1_499, '1 s'],
  [59_499, '59 s'],
  [59_500, '1 min 0 s'],
  [3_599_499, '59 min 59 s'],
  [3_660_000, '1 h 1 min'],
  [90_000_000, '25 h 0 min'],
])('a state that lasted %i ms is told as %s', (ms, expected) => {
  const clock = memoryClock()
  const words = makeReadinessWords(clock.now)
  words({ from: null, to: 'ready', issues: '', warnings: '' })
  clock.set(clock.now() + ms)
  const told = words({ from: 'ready', to: 'degraded', issues: 'overdue=3', warnings: 'unproven=4s' })
  expect(told).toBe(`ready -> degraded: overdue=3 unproven=4s (was ready for ${expected})`)
})

it('a listener is on loopback only', async () => {
  const server = createServer()
  await listen(server, { what: 'web', port: 0, variable: 'PORT' })
  const address = server.address()
  await closeServer(server)
  expect(address).toMatchObject({ address: '127.0.0.1', family: 'IPv4' })
})

it('of a request every right that allowed it counts as used, by that function and by no other one', () => {
  const right = (sid: string) => ({ sid, action: `a:${sid}`, resource: sid })
  const rights = { submit: ['r1', 'r2', 'r3'].map(right), health: ['r1', 'r2'].map(right) }
  const ledger = makeLedger(rights)
  ledger.use('submit', ['r1', 'r3'])
  ledger.use('submit', [])
  ledger.use('health', ['r2'])
  const named = (...sids: string[]) => sids.map((sid) => ({ action: `a:${sid}`, resource: sid }))
  expect(ledger.report()).toEqual([
    { function: 'submit', used: named('r1', 'r3'), unused: named('r2') },
    { function: 'health', used: named('r2'), unused: named('r1') },
  ])
})

it('no credential, profile, endpoint or key of the caller is left in the environment of a local run, and nothing else is touched', () => {
  const env = {
    ...{ PATH: '/bin', AWS_PROFILE: 'work', AWS_ACCESS_KEY_ID: 'real', AWS_ENDPOINT_URL: 'https://real.test' },
    ...{ CAPTCHAAI_API_KEY: 'paid', TWOCAPTCHA_API_KEY: 'paid too', AWS_REGION: 'eu-central-1' },
  }
  isolateEnvironment(env)
  expect(env).toEqual({
    ...{ PATH: '/bin', AWS_REGION: 'us-east-1', AWS_ACCOUNT_ID: '000000000000', AWS_CONFIG_FILE: '/dev/null' },
    ...{ AWS_SHARED_CREDENTIALS_FILE: '/dev/null', AWS_EC2_METADATA_DISABLED: 'true' },
  })
})
