import type { Bar } from './history-bars.ts'
import { type Html, html } from './html.ts'

const HEIGHT = 40
const STEP = 10
const WIDTH = 8
/** The least height of a state that happened. */
const LEAST = 4

/** The look of time without data: stripes, which no state has. */
export const HATCH = html`<svg width="0" height="0" aria-hidden="true" class="defs"><pattern id="none" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hole" d="M1 0v5"/></pattern></svg>`

/** One bar for each hour or day, as high as its states were long; all parts of one colour are one path. */
export function barsSvg(bars: readonly Bar[], label: string): Html {
  const paths = { ready: '', degraded: '', notReady: '', none: '' }
  bars.forEach((bar, i) => {
    let bottom = HEIGHT
    const heights = heightsOf(bar)
    for (const part of PARTS) {
      const height = heights[part]
      bottom -= height
      if (height > 0) paths[part] += `M${i * STEP} ${tenth(bottom)}h${WIDTH}v${tenth(height)}h-${WIDTH}z`
    }
  })
  const width = bars.length * STEP - (STEP - WIDTH)
  return html`<svg class="bars" role="img" aria-label="${label}" viewBox="0 0 ${width} ${HEIGHT}" preserveAspectRatio="none"><path class="b0" d="${paths.ready}"/><path class="b1" d="${paths.degraded}"/><path class="b2" d="${paths.notReady}"/><path fill="url(#none)" d="${paths.none}"/></svg>`
}

/** From the bottom to the top. */
const PARTS = ['ready', 'degraded', 'notReady', 'none'] as const

function heightsOf({ ready, degraded, notReady, passed }: Bar): Record<(typeof PARTS)[number], number> {
  if (passed === 0) return { ready: 0, degraded: 0, notReady: 0, none: 0 }
  const none = 1 - ready - degraded - notReady
  const heights = { ready: HEIGHT * ready, degraded: seen(degraded), notReady: seen(notReady), none: HEIGHT * none }
  heights.none = heights.none < 1 ? 0 : heights.none
  const largest = PARTS.reduce((most, part) => (heights[part] > heights[most] ? part : most))
  const others = PARTS.reduce((sum, part) => (part === largest ? sum : sum + heights[part]), 0)
  return { ...heights, [largest]: HEIGHT - others }
}

/** What happened at all is never too thin to be seen. */
const seen = (share: number): number => (share === 0 ? 0 : Math.max(LEAST, share * HEIGHT))
const tenth = (value: number): number => Math.round(10 * value) / 10

const LEGEND = {
  ready: html`<path class="b0" d="M0 0h10v10H0z"/>`,
  degraded: html`<path class="b1" d="M0 0h10v10H0z"/>`,
  'not ready': html`<path class="b2" d="M0 0h10v10H0z"/>`,
  'no data': html`<path fill="url(#none)" d="M0 0h10v10H0z"/>`,
}

export const legendSvg = (name: keyof typeof LEGEND): Html =>
  html`<svg viewBox="0 0 10 10" aria-hidden="true">${LEGEND[name]}</svg>`
