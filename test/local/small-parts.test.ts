import { expect, it } from 'vitest'
import { httpAnswer } from '../../local/lambda/url-response.ts'
import { makeReadinessWords } from '../../local/support/console-lines.ts'
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
