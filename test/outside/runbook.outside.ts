import type { Browser, BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HOST } from '../engines/processes.ts'
import { startWorld, type World } from '../fleet/world.ts'
import { openBrowser } from './chromium.ts'
import { PHONE, scrollsSideways, shownPage, violationsOf } from './shown-page.ts'

let browser: Browser
let world: World
beforeAll(async () => {
  browser = await openBrowser()
  world = await startWorld({ simulator: { plan: { solveSeconds: 1, solveRate: 1 } } })
})
afterAll(async () => {
  await browser?.close()
  await world?.stop()
})

const urlOf = (path: string) => `http://${HOST}:${world.ports.health}${path}`
const open = (options: BrowserContextOptions, anchor = '') => shownPage(browser, urlOf(`/runbook${anchor}`), options)
const SIZES = { phone: PHONE, wide: { width: 1600, height: 900 } }

describe('the runbook of npm start in a real browser', () => {
  it('neither complains nor asks for anything but itself', async () => {
    const { page, complaints, requests, close } = await open({})
    expect(await page.title()).toBe('Runbook · Lifesign')
    expect([complaints, requests]).toEqual([[], [urlOf('/runbook')]])
    await close()
  })

  it.each(['light', 'dark'] as const)(
    'axe finds nothing, %s, with a section marked, narrow and wide',
    async (colorScheme) => {
      for (const viewport of Object.values(SIZES)) {
        const { page, close } = await open({ colorScheme, viewport }, '#low-balance')
        expect(await violationsOf(page)).toEqual([])
        await close()
      }
    },
  )

  it.each(Object.entries(SIZES))('can be read %s without scrolling sideways, commands too', async (_, viewport) => {
    const { page, close } = await open({ viewport })
    expect(await scrollsSideways(page)).toBe(false)
    expect(
      await page.evaluate("[...document.querySelectorAll('pre')].every((e) => e.scrollWidth <= e.clientWidth)"),
    ).toBe(true)
    await close()
  })

  it('shows the section that the address names, without script', async () => {
    const { page, close } = await open({ javaScriptEnabled: false, viewport: PHONE }, '#api-key-refused')
    const heading = page.locator('h3', { hasText: 'Api key refused' })
    const { y = -1 } = (await heading.boundingBox()) ?? {}
    expect(y).toBeGreaterThanOrEqual(0)
    expect(y).toBeLessThan(PHONE.height / 4)
    await close()
  })

  it('can be used by keyboard alone: the contents in their order, each with a ring around it, and Enter goes there', async () => {
    const { page, close } = await open({})
    const reached: string[] = []
    for (let n = 0; n < 4; n += 1) {
      await page.keyboard.press('Tab')
      reached.push(String(await page.evaluate('document.activeElement.textContent')))
      expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid')
    }
    expect(reached).toEqual(['Status of the fleet', 'Alarms', 'Page', 'Not ready'])
    await page.keyboard.press('Enter')
    expect(await page.evaluate('location.hash + document.querySelector(":target").textContent')).toBe(
      '#not-readyNot ready',
    )
    await close()
  })
})
