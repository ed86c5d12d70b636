import { describe, expect, it } from 'vitest'
import { FUNCTION_SETTINGS, settingsOf } from '../../functions/contract/function-settings.ts'
import { parseEnv } from '../../functions/runtime/env.ts'

const want = {
  required: ['tableName'],
  numbers: ['timeoutSeconds', 'maxReceiveCount'],
  optional: ['version'],
  settings: ['pollSeconds'],
} as const
const good = { TABLE_NAME: 'lifesign', TIMEOUT_SECONDS: '18', MAX_RECEIVE_COUNT: '10', POLL_SECONDS: '3' }

describe('the environment of a function', () => {
  it('is parsed to texts, whole numbers and settings', () => {
    expect(parseEnv(good, want)).toEqual({
      ...{ tableName: 'lifesign', timeoutSeconds: 18, maxReceiveCount: 10, version: undefined, pollSeconds: 3 },
    })
  })

  it('with a text that is no whole number above 0 where one is needed is refused, and so is an absent one', () => {
    for (const text of ['ten', '1.5', '-3', '0', ' 18', '18s', '1e3', 'NaN', '0x10', '9'.repeat(12)]) {
      expect(() => parseEnv({ ...good, TIMEOUT_SECONDS: text }, want), text).toThrow(
        'environment: TIMEOUT_SECONDS must be a whole number above 0',
      )
    }
    expect(() => parseEnv({ ...good, MAX_RECEIVE_COUNT: '' }, want)).toThrow(
      'environment: MAX_RECEIVE_COUNT is missing',
    )
  })

  it('counts an empty text as absent, and a setting that may be absent as null then', () => {
    const wanted = { required: [], optional: ['version'], settings: ['minBalance'] } as const
    expect(parseEnv({ FLEET_VERSION: '', MIN_BALANCE: '' }, wanted)).toEqual({ version: undefined, minBalance: null })
    expect(parseEnv({ FLEET_VERSION: '1.2', MIN_BALANCE: '0.5' }, wanted)).toEqual({ version: '1.2', minBalance: 0.5 })
    expect(() => parseEnv({ ...good, TABLE_NAME: '' }, want)).toThrow('environment: TABLE_NAME is missing')
  })

  it('lacks a setting that has a default: the stack gives it to each function, so its absence is a defect of the stack', () => {
    const wanted = { required: [], optional: [], settings: ['keyRetrySeconds', 'minBalance'] } as const
    expect(() => parseEnv({}, wanted)).toThrow(/^environment: KEY_RETRY_SECONDS is missing$/)
    expect(() => parseEnv({ KEY_RETRY_SECONDS: '' }, wanted)).toThrow(/^environment: KEY_RETRY_SECONDS is missing$/)
  })

  it('is refused with every problem at once', () => {
    expect(() => parseEnv({ TIMEOUT_SECONDS: 'x', POLL_SECONDS: '0' }, want)).toThrow(
      /^environment: TABLE_NAME is missing; TIMEOUT_SECONDS must be .*; MAX_RECEIVE_COUNT is missing; POLL_SECONDS: .*$/,
    )
  })
})

describe('the settings of a function', () => {
  type Collect = Record<(typeof FUNCTION_SETTINGS.collect)[number], unknown>

  it('are those of the contract, where its parts read them all', () => {
    expect(settingsOf<'collect', Collect>('collect')).toBe(FUNCTION_SETTINGS.collect)
    expect(settingsOf<'collect', Collect & { rebuyUnknown: number }>('collect')).toBe(FUNCTION_SETTINGS.collect)
  })

  it('do not compile where one is read by no part', () => {
    // @ts-expect-error: nothing reads pollSeconds
    expect(settingsOf<'collect', Omit<Collect, 'pollSeconds'>>('collect')).toBe(FUNCTION_SETTINGS.collect)
  })
})
