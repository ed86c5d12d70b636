import { describe, expect, it, test } from 'vitest'
import { changePause } from '../../bin/commands/pausing/change-pause.ts'
import { reasonFrom } from '../../bin/commands/pausing/reason.ts'
import { toldPause } from '../../bin/commands/pausing/told-pause.ts'
import type { AdmissionReading, Pause } from '../../functions/core/admission/item/admission.ts'
import { initialAdmission } from '../../functions/core/admission/item/initial.ts'
import { pauseChange, resumeChange } from '../../functions/core/admission/steps/pause.ts'
import { NOON } from '../../sim/memory/clock.ts'

const OURS: Pause = { by: 'ops/anna', at: NOON, reason: 'moving house' }
const THEIRS: Pause = { by: 'ops/ben', at: NOON - 1, reason: 'an audit' }
const initial = initialAdmission(['captchaai'])
const itemWith = (pause: Pause | null, epoch = 1): AdmissionReading => ({
  kind: 'admission',
  admission: { ...initial, epoch, control: { ...initial.control, pause } },
})

/** An item that others change before each of the first writes: what each of those writes finds. Then a write is taken. */
function racedStore(first: AdmissionReading, ...found: AdmissionReading[]) {
  const writes: { epoch: number | undefined; pause: Pause | null | undefined }[] = []
  const waits: number[] = []
  const store: Parameters<typeof changePause>[0] = {
    read: async () => first,
    async write({ epoch, control }) {
      writes.push({ epoch, pause: control?.pause })
      const reading = found.shift()
      return { applied: reading === undefined, reading: reading ?? first }
    },
  }
  const change = (what: Parameters<typeof changePause>[1]) =>
    changePause(store, what, async (milliseconds) => void waits.push(milliseconds))
  return { change, writes, waits }
}

describe('a change of the pause that others get in the way of', () => {
  it('is written at the epoch that was found last, and waits longer each time', async () => {
    const { change, writes, waits } = racedStore(itemWith(null, 1), itemWith(null, 4), itemWith(null, 9))
    expect(await change((control) => pauseChange(control, OURS))).toBeNull()
    expect(writes).toEqual([1, 4, 9].map((epoch) => ({ epoch, pause: OURS })))
    expect(waits).toEqual([50, 100])
  })

  it('tells the pause of somebody who was first, and leaves it as it is', async () => {
    const { change, writes } = racedStore(itemWith(null), itemWith(THEIRS, 2))
    expect(await change((control) => pauseChange(control, OURS))).toEqual(THEIRS)
    expect(writes).toEqual([{ epoch: 1, pause: OURS }])
  })

  it('has nothing to end where somebody resumed first', async () => {
    const { change, writes } = racedStore(itemWith(THEIRS), itemWith(null, 2))
    expect(await change(resumeChange)).toBeNull()
    expect(writes).toEqual([{ epoch: 1, pause: null }])
  })

  it.each([
    [{ kind: 'missing' }, /^the fleet has no admission item yet; its next sweep writes one/],
    [{ kind: 'unreadable', why: 'x' }, /^the admission item cannot be read, and until it can nothing is paid for/],
  ] as const)('is refused where the item is %o, at once or in between', async (reading, sentence) => {
    await expect(racedStore(reading).change(resumeChange)).rejects.toThrow(sentence)
    const raced = racedStore(itemWith(THEIRS), reading)
    await expect(raced.change(resumeChange)).rejects.toThrow(sentence)
    expect(raced.writes).toHaveLength(1)
  })
})

test.each([
  [' two  words ', 'two  words'],
  ['x'.repeat(120), 'x'.repeat(120)],
  [`  ${'x'.repeat(120)}\n`, 'x'.repeat(120)],
])('the reason %j is kept as %j', (given, kept) => {
  expect(reasonFrom(given)).toBe(kept)
})

test.each([
  [undefined, 'why? say it to whoever looks'],
  ['x'.repeat(121), 'the reason has 121 characters; 120 fit'],
  ['a\u202eb', 'the reason holds control characters'],
  ['a\u0085b', 'the reason holds control characters'],
])('the reason %j is refused', (given, sentence) => {
  expect(() => reasonFrom(given)).toThrow(sentence)
})

test('a pause that another program wrote is told without what would move the cursor', () => {
  expect(toldPause({ by: 'ops\x1b[2J', at: NOON, reason: 'a\u202eb' })).toBe(
    `by ops?[2J since ${new Date(NOON).toISOString()}: a?b`,
  )
})
