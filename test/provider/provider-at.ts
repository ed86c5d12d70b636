import { makeKeys } from '../../functions/adapters/provider/keys.ts'
import { makeProvider } from '../../functions/adapters/provider/provider.ts'
import { UNSHARED_KEYS } from '../../functions/adapters/provider/unshared-keys.ts'
import { systemClock } from '../../functions/adapters/system/clock.ts'
import { PROFILES } from '../../functions/core/provider/profiles.ts'
import type { Task } from '../../functions/core/task/task.ts'

export type ProfileName = keyof typeof PROFILES
export const PROFILE_NAMES = ['captchaai', 'twocaptcha'] as const satisfies readonly ProfileName[]

/** A provider of our adapter, pointed at `url`, whose every log line is kept. */
export function providerAt(url: string, key: string, profile: ProfileName = 'captchaai', timeoutSeconds = 2) {
  const lines: string[] = []
  const log = (level: string, message: string, fields = {}) => lines.push(JSON.stringify({ level, message, ...fields }))
  const secret = { read: async () => ({ [profile]: key }) }
  const keys = makeKeys({ shared: UNSHARED_KEYS, secret, clock: systemClock, log, keyRetrySeconds: 900 })
  const made = makeProvider({
    ...{ name: profile, profile: PROFILES[profile], baseUrl: url, keys, timeoutSeconds, clock: systemClock, log },
  })
  return { ...made, lines }
}

export const task = (change: Partial<Task> = {}): Task => ({
  taskId: 'task-1',
  method: 'userrecaptcha',
  sitekey: 'a-site-key',
  pageurl: 'https://example.com/page',
  params: {},
  priority: 'normal',
  deadlineSeconds: 300,
  reply: 'queue',
  ...change,
})

export const geetestTask = task({
  method: 'geetest',
  sitekey: undefined,
  params: { gt: 'a'.repeat(32), challenge: 'b' },
})
