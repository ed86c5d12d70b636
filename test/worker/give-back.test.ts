import { expect, it } from 'vitest'
import type { AdmissionChange } from '../../functions/core/admission/admission.ts'
import { countsFreed } from '../../functions/core/admission/plan-report.ts'
import { makeGiveBack } from '../../functions/worker/give-back.ts'
import { memoryLog } from '../../sim/memory/log.ts'

/** What giving these places back writes and logs; `isDown`: the table does not answer. */
async function given(freed: readonly string[], isDown = false) {
  const written: AdmissionChange[] = []
  const { log, lines } = memoryLog()
  const write = async (change: AdmissionChange) => {
    written.push(change)
    if (isDown) throw new TypeError('a secret')
    return { applied: true, reading: { kind: 'missing' } } as const
  }
  const unused = () => Promise.reject(new Error('not asked for'))
  await makeGiveBack({ admission: { write, read: unused, create: unused }, log })(freed)
  return { written, lines }
}

it('places are given back in one write, and nothing is logged', async () => {
  const freed = ['captchaai', 'captchaai', 'twocaptcha']
  expect(await given(freed)).toEqual({ written: [{ add: countsFreed(freed) }], lines: [] })
})

it('where no place is free, nothing is written', async () => {
  expect(await given([])).toEqual({ written: [], lines: [] })
})

it('a write that is not answered is logged and not sent twice', async () => {
  const { written, lines } = await given(['captchaai'], true)
  expect(written).toHaveLength(1)
  expect(lines).toEqual([
    { level: 'error', message: 'places not given back', fields: { freed: 1, error: 'TypeError' } },
  ])
})
