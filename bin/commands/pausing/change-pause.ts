import type { Control, Pause } from '../../../functions/core/admission/item/admission.ts'
import type { PauseChange } from '../../../functions/core/admission/steps/pause.ts'
import type { AdmissionStore } from '../../../functions/core/ports.ts'
import { Unreachable } from '../cli/exit.ts'

/** Times that a change is tried again because somebody else changed the item in between. */
const MOST_TRIES = 10
const RETRY_MS = 50

const NO_ITEM = {
  missing: 'the fleet has no admission item yet; its next sweep writes one, within a minute or so: try again then',
  unreadable:
    'the admission item cannot be read, and until it can nothing is paid for; the next sweep writes a new one, within ' +
    'a minute or so: try again then',
}

/**
 * Changes the pause in the admission item by compare-and-set, and answers the pause that was there before. Throws where
 * the fleet has no item that can be changed.
 */
export async function changePause(
  store: Pick<AdmissionStore, 'read' | 'write'>,
  change: (control: Control) => PauseChange,
  sleep: (milliseconds: number) => Promise<void>,
): Promise<Pause | null> {
  let reading = await store.read()
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    if (reading.kind !== 'admission') throw new Unreachable(NO_ITEM[reading.kind])
    const { control, before } = change(reading.admission.control)
    if (control === undefined) return before
    const written = await store.write({ epoch: reading.admission.epoch, control })
    if (written.applied) return before
    reading = written.reading
    await sleep(RETRY_MS * (tries + 1))
  }
  throw new Unreachable('the admission item changes too often; nothing was changed, try again')
}
