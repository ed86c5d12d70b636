import { isoOf, timeText } from '../../core/record/time-text.ts'
import { type Html, html } from './html.ts'

/** `03:12 UTC`, with the day if it is not the day of `now`. */
export const timeElement = (at: number, now: number): Html =>
  html`<time datetime="${isoOf(at)}">${timeText(at, now)}</time>`

/** Cut, not rounded: 99.96 % is not 100 %, and what happened at all is not 0 %. */
export function percentText(share: number): string {
  const percent = Math.floor(1000 * share + 1e-6) / 10
  return percent === 0 && share > 0 ? 'under 0.1 %' : `${percent} %`
}
