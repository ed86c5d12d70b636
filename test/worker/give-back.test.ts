import { expect, it } from 'vitest'
import type { AdmissionChange } from '../../functions/core/admission/item/admission.ts'
import type { Ended } from '../../functions/core/admission/item/ended.ts'
import { makeGiveBack } from '../../functions/worker/give-back.ts'
import { memoryLog } from '../../sim/memory/log.ts'

interface Given {
  ended?: Ended
  isDown?: boolean
}

/** What giving these places back writes and logs; `isDown`: the table does not answer. */
async function given(freed: readonly string[], { ended = { solved: 0, failed: 0 }, isDown = false }: Given = {}) {
  const written: AdmissionChange[] = []
  const { log, lines } = memoryLog()
  const write = async (change: AdmissionChange) => {
    written.push(change)
    if (isDown) throw new TypeError('a secret')
    return { applied: true, reading: { kind: 'missing' } } as const
  }
  const unused = () => Promise.reject(new Error('not asked for'))
  await makeGiveBack({ admission: { write, read: unused, create: unused }, log })({ freed, ended })
  return { written, lines }
}
const THREE = ['captchaai', 'captchaai', 'twocaptcha']
const THREE_LESS = { inFlight: -3, inFlight_captchaai: -2, inFlight_twocaptcha: -1 }

it('places are given back in one write, and nothing is logged', async () => {
  expect(await given(THREE)).toEqual({ written: [{ add: THREE_LESS }], lines: [] })
})

it('the same write counts how the tasks of these places ended', async () => {
  const { written } = await given(THREE, { ended: { solved: 2, failed: 1 } })
  expect(written).toEqual([{ add: { ...THREE_LESS, solved: 2, failed: 1 } }])
})

it('where no place is free, nothing is written', async () => {
  expect(await given([])).toEqual({ written: [], lines: [] })
})

it('a write that is not answered is logged and not sent twice', async () => {
  const { written, lines } = await given(['captchaai'], { isDown: true })
  expect(written).toHaveLength(1)
  expect(lines).toEqual([
    { level: 'error', message: 'places not given back', fields: { freed: 1, error: 'TypeError' } },
  ])
})
