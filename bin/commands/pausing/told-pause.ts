import type { Pause } from '../../../functions/core/admission/item/admission.ts'
import { plain } from '../cli/terminal.ts'

/** `by ops/anna since 2026-11-21T12:00:00.000Z: moving house` */
export const toldPause = ({ by, at, reason }: Pause): string =>
  `by ${plain(by)} since ${new Date(at).toISOString()}: ${plain(reason)}`
