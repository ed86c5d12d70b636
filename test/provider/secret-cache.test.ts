import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { makeSecretCache, secretEntry } from '../../functions/adapters/secrets/secret-cache.ts'
import { makeSecretEntry } from '../../functions/adapters/secrets/stored-entry.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'

const log = () => {}

/** A secret each read of which takes so many seconds of the clock. */
function slowSecret(seconds: number, isReadable = true) {
  const clock = memoryClock(NOON)
  const reads: number[] = []
  const read = async () => {
    reads.push((clock.now() - NOON) / 1000)
    clock.set(clock.now() + seconds * 1000)
    if (!isReadable) throw new Error('down')
    return { captchaai: 'one' }
  }
  return { cache: makeSecretCache({ secret: { read }, clock, log }), clock, reads }
}
const askAt = async ({ cache, clock }: ReturnType<typeof slowSecret>, ...seconds: number[]) => {
  for (const second of seconds) {
    clock.set(NOON + second * 1000)
    await cache.keys()
  }
}

describe('the secret', () => {
  it('is as old as the begin of its read, so that no change is heeded later than after 300 s', async () => {
    const secret = slowSecret(100)
    await askAt(secret, 0, 299.9, 300)
    expect(secret.reads).toEqual([0, 300])
  })

  it('that cannot be read is read again 10 s after the end of the last try', async () => {
    const secret = slowSecret(100, false)
    await askAt(secret, 0, 100, 109.9, 110)
    expect(secret.reads).toEqual([0, 110])
  })

  it.each([
    [undefined, 3000],
    [60_000, 3000],
    [50, 50],
  ])('is waited for with a patience of %s ms: %i ms', async (patience, expected) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    const clock = memoryClock()
    const cache = makeSecretCache({ secret: { read: () => new Promise(() => {}) }, clock, log })
    let answers = 0
    void cache.keys(undefined, patience).then(() => answers++)
    await vi.advanceTimersByTimeAsync(expected - 1)
    expect(answers).toBe(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(answers).toBe(1)
  })

  it('that was read in time leaves no timer behind, which would keep a program alive', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    await slowSecret(0).cache.keys()
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each<[number, string, number]>([
    [30, 'captchaai', 30],
    [400, 'captchaai', 300],
    [30, 'twocaptcha', 10],
    [4, 'twocaptcha', 4],
  ])('of at most %i s, where %s is needed, is read again after %i s', async (maxAge, entry, seconds) => {
    const { cache, clock, reads } = slowSecret(0)
    for (const second of [0, seconds - 0.1, seconds]) {
      clock.set(NOON + second * 1000)
      await cache.keys(maxAge, undefined, entry)
    }
    expect(reads).toEqual([0, seconds])
  })

  it('has no entries but its own', () => {
    expect(secretEntry({ a: 'one', b: '' }, 'a')).toBe('one')
    expect(['b', 'c', 'constructor', '__proto__'].map((name) => secretEntry({ a: 'one', b: '' }, name))).toEqual([
      ...[null, null, null, null],
    ])
  })
})

it('one entry of a secret that does not answer is none after 2 s, because a browser waits for it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => {
    vi.useRealTimers()
  })
  const load = async () => ({ read: () => new Promise<never>(() => {}) })
  const answers: (string | null)[] = []
  void makeSecretEntry('healthToken', { load, clock: memoryClock(), log })().then((entry) => answers.push(entry))
  await vi.advanceTimersByTimeAsync(1999)
  expect(answers).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect(answers).toEqual([null])
})

it('one entry is loaded when it is first asked for, once; while it is missing the secret is read every 10 s', async () => {
  const clock = memoryClock(NOON)
  const seen: string[] = []
  const secret: Record<string, string> = { captchaai: 'one' }
  const load = async () => {
    seen.push('load')
    return {
      read: async () => {
        seen.push(`read ${(clock.now() - NOON) / 1000}`)
        return { ...secret }
      },
    }
  }
  const entry = makeSecretEntry('healthToken', { load, clock, log })
  expect(seen).toEqual([])
  const answers: (string | null)[] = []
  for (const second of [0, 9.9, 10, 309.9, 310]) {
    clock.set(NOON + second * 1000)
    if (second === 10) secret.healthToken = 'probe'
    answers.push(await entry())
  }
  expect(answers).toEqual([null, null, 'probe', 'probe', 'probe'])
  expect(seen).toEqual(['load', 'read 0', 'read 10', 'read 310'])
})
