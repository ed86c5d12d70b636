import { expect, test } from 'vitest'
import type { ProviderFailure } from '../../functions/core/provider/error-class.ts'
import { makeAdmission } from '../../functions/submit/admission.ts'
import { memoryClock } from '../../sim/memory/clock.ts'
import { memoryDepths } from '../../sim/memory/depths.ts'
import { memoryProvider } from '../../sim/memory/provider.ts'
import { memoryQueues } from '../../sim/memory/queues.ts'

const failure = (kind: 'rate' | 'blocked'): ProviderFailure => ({ class: kind, code: kind, message: kind })
const noSpendLimit = {
  reserve: async (wanted: number) => ({ reserved: wanted, limit: null }),
  release: async () => {},
  reached: async () => null,
}

test.each([
  ['the longer one came last', ['rate', 10], ['blocked', 60]],
  ['the shorter one came last', ['blocked', 60], ['rate', 10]],
] as const)('a provider that asked for two waits is left alone for the longer one when %s', async (_, first, last) => {
  const clock = memoryClock()
  const now = () => clock.now()
  const provider = memoryProvider(now)
  const admission = makeAdmission({
    providers: [provider],
    depths: memoryDepths(memoryQueues(now, { providerTimeoutSeconds: 10 })),
    spend: noSpendLimit,
    clock,
    log: () => {},
    maxInFlight: 10,
  })
  for (const [kind, seconds] of [first, last]) admission.backOff(provider.name, failure(kind), seconds)
  await clock.advance(59_999)
  expect(await admission.admit(1)).toMatchObject({ granted: 0, reason: 'blocked' })
  await clock.advance(1)
  expect(await admission.admit(1)).toMatchObject({ granted: 1, provider })
})
