import { describe, expect, it } from 'vitest'
import type { Admission, AdmissionReading, KeyControl } from '../../functions/core/admission/item/admission.ts'
import { initialAdmission, initialProvider } from '../../functions/core/admission/item/initial.ts'
import { makeKnownAdmission } from '../../functions/worker/known-admission.ts'
import { makeSharedKeys } from '../../functions/worker/shared-keys.ts'
import { memoryAdmissionStore } from '../../sim/memory/admission-store.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import { memoryLog } from '../../sim/memory/log.ts'

const first = initialAdmission(['captchaai', 'twocaptcha'])
const CODE = 'ERROR_KEY_DOES_NOT_EXIST'
const REFUSED = { fingerprint: 'one', at: NOON - 60_000, code: CODE }
const leaseOf = (id: string, until: number) => ({ id, until })
const reading = (admission: Admission): AdmissionReading => ({ kind: 'admission', admission })
/** The item of a fleet that knows this of the key of captchaai. */
const knowing = (key: Partial<KeyControl>, epoch = first.epoch): AdmissionReading => {
  const captchaai = { ...initialProvider, key: { ...initialProvider.key, ...key } }
  return reading({
    ...first,
    epoch,
    control: { ...first.control, providers: { ...first.control.providers, captchaai } },
  })
}

interface Options {
  retrySeconds?: number | null
  acceptedAt?: number | null
  /** So many writes lose a race against a change elsewhere. */
  races?: number
  /** What the item is right after it was read. */
  changesTo?: AdmissionReading
  isDown?: boolean
}
/** One environment, and when it asks for what: milliseconds since noon. */
function environment(
  stored: AdmissionReading,
  { retrySeconds = null, acceptedAt, races = 0, changesTo, isDown }: Options = {},
) {
  const clock = memoryClock(NOON, { skip: true })
  let store = memoryAdmissionStore(stored)
  const { log, lines } = memoryLog()
  const calls: [number, string][] = []
  const noted = (what: string) => calls.push([clock.now() - NOON, what])
  const down = () => {
    if (isDown) throw new TypeError('a secret')
  }
  const known = makeKnownAdmission({
    clock,
    admission: {
      create: store.create,
      async read() {
        noted('read')
        down()
        const found = await store.read()
        if (changesTo !== undefined) store = memoryAdmissionStore(changesTo)
        return found
      },
      async write(change) {
        noted('write')
        const found = store.stored()
        if (races-- > 0 && found.kind === 'admission')
          await store.write({ epoch: found.admission.epoch, control: found.admission.control })
        return store.write(change)
      },
    },
  })
  const keys = makeSharedKeys({
    ...{ known, clock, log, ids: { fraction: () => 0.5 }, by: 'me', retrySeconds },
    ...(acceptedAt === undefined
      ? {}
      : {
          async acceptedAt(provider: string) {
            noted(`accepted at ${provider}?`)
            return acceptedAt
          },
        }),
    settings: { dwellSeconds: 120, order: ['captchaai', 'twocaptcha'], leaseSeconds: 18 },
  })
  const control = () => {
    const found = store.stored()
    return found.kind === 'admission' ? found.admission.control : null
  }
  const key = () => control()?.providers.captchaai?.key
  return { clock, keys, known, calls, lines, key, control }
}
const MISSING: AdmissionReading = { kind: 'missing' }
const NO_ANSWER = {
  level: 'warn',
  message: 'what the fleet knows of a key is not known',
  fields: { provider: 'captchaai', error: 'TypeError' },
}

describe('whether a key was refused elsewhere', () => {
  it.each<[string, AdmissionReading, string | null]>([
    ['is told with the code of the refusal', knowing({ refused: REFUSED }), CODE],
    ['is not told of another key', knowing({ refused: { ...REFUSED, fingerprint: 'two' } }), null],
    ['is no where none was refused', knowing({}), null],
    ['is no for a provider that the item does not name', reading(initialAdmission([])), null],
    ['is not known where there is no item', MISSING, null],
  ])('%s', async (_, stored, code) => {
    const { keys, calls, lines } = environment(stored)
    expect(await keys.refusalOf('captchaai', 'one')).toBe(code)
    expect([calls, lines]).toEqual([[[0, 'read']], []])
  })

  it('is asked of the table once a second at most', async () => {
    const { keys, calls, clock } = environment(knowing({}))
    for (const wait of [0, 1000, 1]) {
      await clock.advance(wait)
      await keys.refusalOf('captchaai', 'one')
    }
    expect(calls).toEqual([
      [0, 'read'],
      [1001, 'read'],
    ])
  })
})

describe('what a caller may do with a key', () => {
  const busy = leaseOf('another', NOON + 5000)
  it.each<[string, AdmissionReading, Options, object, [number, string][]]>([
    ['a good key is sent, and nothing is written', knowing({ good: 'one' }), {}, { kind: 'send' }, [[0, 'read']]],
    ['a refused one is not', knowing({ refused: REFUSED }), {}, { kind: 'refused', code: CODE }, [[0, 'read']]],
    [
      'while another caller probes it, the item is read once more, and it waits',
      knowing({ lease: busy }),
      {},
      { kind: 'wait', until: NOON + 5000 },
      [
        [0, 'read'],
        [0, 'read'],
      ],
    ],
    [
      'where that probe has just ended, the key is sent at once',
      knowing({ lease: busy }),
      { changesTo: knowing({ good: 'one' }) },
      { kind: 'send' },
      [
        [0, 'read'],
        [0, 'read'],
      ],
    ],
    [
      'a worker never asks whether a person found a refused key accepted',
      knowing({ refused: REFUSED }),
      { acceptedAt: NOON },
      { kind: 'refused' },
      [[0, 'read']],
    ],
    [
      'a sweep does not ask that of a key that was not refused',
      knowing({ good: 'one', refused: { ...REFUSED, fingerprint: 'two' } }),
      { acceptedAt: NOON, retrySeconds: 900 },
      { kind: 'send' },
      [[0, 'read']],
    ],
    [
      'a sweep that cannot ask anybody tries a refused key again by its schedule alone',
      knowing({ refused: REFUSED }),
      { retrySeconds: 900 },
      { kind: 'refused' },
      [[0, 'read']],
    ],
    [
      'a sweep does not try it where nobody found it accepted',
      knowing({ refused: REFUSED }),
      { acceptedAt: null, retrySeconds: 900 },
      { kind: 'refused' },
      [
        [0, 'read'],
        [0, 'accepted at captchaai?'],
      ],
    ],
    [
      'a sweep does not try it where it was accepted at the very time of its refusal',
      knowing({ refused: REFUSED }),
      { acceptedAt: REFUSED.at, retrySeconds: 900 },
      { kind: 'refused' },
      [
        [0, 'read'],
        [0, 'accepted at captchaai?'],
      ],
    ],
    [
      'a key that was found accepted elsewhere before this caller had its lease is sent',
      knowing({ refused: REFUSED }),
      { acceptedAt: NOON, retrySeconds: 900, changesTo: knowing({ good: 'one' }, 2) },
      { kind: 'send' },
      [
        [0, 'read'],
        [0, 'accepted at captchaai?'],
        [0, 'write'],
      ],
    ],
    [
      'nobody knows where there is no item, and no lease is written',
      MISSING,
      { retrySeconds: 900 },
      { kind: 'unknown' },
      [[0, 'read']],
    ],
  ])('%s', async (_, stored, options, use, expected) => {
    const { keys, calls, lines } = environment(stored, options)
    expect(await keys.useOf('captchaai', 'one')).toMatchObject(use)
    expect([calls, lines]).toEqual([expected, []])
  })

  it.each<[string, AdmissionReading, Options]>([
    ['a key that nobody has used is probed', knowing({}), {}],
    ['a key whose probe died is probed', knowing({ lease: leaseOf('dead', NOON) }), {}],
    ['a sweep tries a refused key again when that is due', knowing({ refused: REFUSED }), { retrySeconds: 60 }],
    [
      'a sweep tries a refused key again that a person found accepted since',
      knowing({ refused: REFUSED }),
      { acceptedAt: REFUSED.at + 1, retrySeconds: 900 },
    ],
  ])('%s by this caller alone, under a lease as long as an invocation', async (_, stored, options) => {
    const { keys, key } = environment(stored, options)
    expect(await keys.useOf('captchaai', 'one')).toEqual({ kind: 'probe' })
    expect(key()?.lease).toEqual(leaseOf('me', NOON + 18_000))
  })

  it.each([
    ['five', 5, 'probe', 6, 150],
    ['six', 6, 'unknown', 6, 180],
  ])(
    'a lease that loses %s races is tried again after a moment each time, six times in all',
    async (_, races, kind, tries, milliseconds) => {
      const { keys, calls, clock } = environment(knowing({}), { races })
      expect(await keys.useOf('captchaai', 'one')).toEqual({ kind })
      const writes = Array.from({ length: tries }, (_, n) => [30 * n, 'write'])
      expect([calls, clock.now() - NOON]).toEqual([[[0, 'read'], ...writes], milliseconds])
    },
  )

  it('nobody knows while the table does not answer: it is logged, and no call fails', async () => {
    const { keys, lines, calls } = environment(knowing({}), { isDown: true })
    expect(await keys.useOf('captchaai', 'one')).toEqual({ kind: 'unknown' })
    expect(await keys.refusalOf('captchaai', 'one')).toBeNull()
    await keys.reportAnswer('captchaai', 'one', { code: null })
    expect([lines, calls.length]).toEqual([[NO_ANSWER, NO_ANSWER, NO_ANSWER], 3])
  })
})

describe('what an answer says about its key', () => {
  const good = { code: null } as const
  const mine = leaseOf('me', NOON + 5000)
  const theirs = leaseOf('another', NOON + 5000)
  it.each<[string, Partial<KeyControl>, 'inconclusive' | { code: string | null }, Partial<KeyControl>, number]>([
    ['good: the whole fleet sends it', { lease: mine }, good, { good: 'one', lease: null }, 1],
    ['good, which everybody knows: nothing is written', { good: 'one' }, good, { good: 'one' }, 0],
    ['nothing: its probe is over', { lease: mine }, 'inconclusive', { good: null, lease: null }, 1],
    ['nothing, without a probe: nothing is written', { lease: theirs }, 'inconclusive', { lease: theirs }, 0],
    [
      'that it is refused: nobody sends it any more',
      { good: 'one', lease: theirs },
      { code: CODE },
      { good: null, refused: { fingerprint: 'one', at: NOON, code: CODE }, lease: theirs },
      1,
    ],
  ])('%s', async (_, before, verdict, after, writes) => {
    const { keys, key, calls } = environment(knowing(before))
    await keys.reportAnswer('captchaai', 'one', verdict)
    expect(key()).toMatchObject(after)
    expect(calls.filter(([, what]) => what === 'write')).toHaveLength(writes)
  })

  it('that it is refused: new tasks go to the other provider at once, and the change is logged and told', async () => {
    const { keys, control, known, lines } = environment(knowing({ good: 'one' }))
    await keys.reportAnswer('captchaai', 'one', { code: CODE })
    expect(control()?.route).toMatchObject({ active: 'twocaptcha', since: NOON })
    const key = { what: 'key', provider: 'captchaai', from: 'good', to: 'refused', cause: CODE }
    const route = { what: 'route', provider: '', from: 'captchaai', to: 'twocaptcha', cause: 'key refused' }
    const changes = [key, route]
    expect(lines).toEqual(changes.map((fields) => ({ level: 'warn', message: 'fleet changed', fields })))
    expect(known.takeChanges()).toEqual(changes.map((change) => ({ kind: 'changed', at: NOON, ...change })))
  })

  it('in a race with another change is told as the change of the item as it is by then', async () => {
    const refusedMeanwhile = knowing({ refused: REFUSED }, 2)
    const { keys, key, known, lines } = environment(knowing({}), { changesTo: refusedMeanwhile })
    await keys.reportAnswer('captchaai', 'one', good)
    expect(key()).toEqual({ good: 'one', refused: null, lease: null })
    const change = { what: 'key', provider: 'captchaai', from: 'refused', to: 'good', cause: 'accepted' }
    expect(lines.map(({ fields }) => fields)).toEqual([change])
    expect(known.takeChanges()).toEqual([{ kind: 'changed', at: NOON + 30, ...change }])
  })

  it('of a provider that the item does not name yet is kept beside what it knows of the others', async () => {
    const { keys, control } = environment(reading(initialAdmission(['twocaptcha'])))
    await keys.reportAnswer('captchaai', 'one', good)
    expect(control()?.providers).toEqual({
      twocaptcha: initialProvider,
      captchaai: { ...initialProvider, key: { ...initialProvider.key, good: 'one' } },
    })
  })
})
