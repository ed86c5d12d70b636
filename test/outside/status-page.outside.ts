import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openBrowser } from './chromium.ts'
import { startFiveStates } from './five-states.ts'
import { PHONE, scrollsSideways, shownPage, violationsOf } from './shown-page.ts'

const ROOT = join(import.meta.dirname, '../..')
/** `npm run pictures` keeps them with the documents. */
const PICTURES = join(ROOT, process.env.PICTURES ?? '.tmp/pictures')

const EXPECTED = {
  starting: { word: 'Ready', reason: /just started/ },
  ready: { word: 'Ready', reason: /takes tasks, and nothing is wrong/ },
  degraded: { word: 'Degraded', reason: /under strain/ },
  'not ready': { word: 'Not ready', reason: /No provider can be used/ },
  unknown: { word: 'Unknown', reason: /nobody knows/ },
}
const STATES = ['starting', 'ready', 'degraded', 'not ready', 'unknown'] as const

let browser: Browser
let fleet: Awaited<ReturnType<typeof startFiveStates>>
beforeAll(async () => {
  mkdirSync(PICTURES, { recursive: true })
  browser = await openBrowser()
  fleet = await startFiveStates()
})
afterAll(async () => {
  await browser?.close()
  await fleet?.stop()
})

const openPage = (options: BrowserContextOptions) => shownPage(browser, `${fleet.url}/status`, options)

/** A document that answers 503 is a complaint of the browser's own, and no fault of the page. */
const ofThePage = (complaints: string[]): string[] =>
  complaints.filter((text) => !/^Failed to load resource: the server responded with a status of 503/.test(text))

describe.sequential('the status page of npm start in a real browser', () => {
  describe.each(STATES)('%s', (state) => {
    beforeAll(async () => {
      await fleet.states[state]()
    }, 120_000)

    it('says the state and its reason, and neither complains nor asks for anything but itself', async () => {
      const { page, complaints, requests, close } = await openPage({})
      const { word, reason } = EXPECTED[state]
      expect(await page.title()).toBe(`${word} · Lifesign`)
      expect(await page.locator('h1').textContent()).toBe(word)
      expect(await page.locator('.lead').textContent()).toMatch(reason)
      await page.screenshot({ path: join(PICTURES, `${state.replace(' ', '-')}.png`) })
      if (state === 'ready') await page.screenshot({ path: join(PICTURES, 'whole-page.png'), fullPage: true })
      expect(ofThePage(complaints)).toEqual([])
      expect(requests).toEqual([`${fleet.url}/status`])
      await close()
    })

    it.each(['light', 'dark'] as const)('axe finds nothing, with every table open, %s', async (colorScheme) => {
      const { page, close } = await openPage({ colorScheme })
      expect(await violationsOf(page)).toEqual([])
      for (const summary of await page.locator('summary').all()) await summary.click()
      expect(await violationsOf(page)).toEqual([])
      await close()
    })

    it('can be read on a phone of 360 px, without scrolling sideways, also with every table open', async () => {
      const { page, close } = await openPage({ viewport: PHONE, colorScheme: 'dark' })
      expect(await scrollsSideways(page)).toBe(false)
      if (state === 'not ready') await page.screenshot({ path: join(PICTURES, 'phone.png') })
      for (const summary of await page.locator('summary').all()) await summary.click()
      expect(await scrollsSideways(page)).toBe(false)
      await close()
    })

    it('is the same without script', async () => {
      const { page, close } = await openPage({ javaScriptEnabled: false })
      expect(await page.locator('h1').textContent()).toBe(EXPECTED[state].word)
      expect(await page.locator('section').count()).toBeGreaterThanOrEqual(5)
      await close()
    })

    it('links every reason and the advice to a section of the runbook that the fleet serves, in this state too', async () => {
      const { page, complaints, close } = await openPage({})
      const hrefs = await page.locator('main a').evaluateAll((links) => links.map((link) => link.getAttribute('href')))
      if (['starting', 'not ready', 'unknown'].includes(state)) expect(hrefs.length).toBeGreaterThan(0)
      for (const href of new Set(hrefs)) {
        await page.locator(`main a[href="${href}"]`).first().click()
        expect(page.url()).toBe(`${fleet.url}${href}`)
        const heading = String(await page.evaluate('document.querySelector(":target").textContent'))
        expect(href).toBe(`/runbook#${heading.toLowerCase().replaceAll(' ', '-')}`)
        await page.goBack()
      }
      expect(ofThePage(complaints)).toEqual([])
      await close()
    })

    it('can be used by keyboard alone: links and tables in their order, each with a ring around it', async () => {
      const { page, close } = await openPage({})
      const expected = [
        ...['Check again', ...(await page.locator('main a').allTextContents())],
        ...['Last 24 hours as a table', 'Last 90 days as a table', 'health/ready', 'status.json', 'badge.svg'],
      ]
      const reached: string[] = []
      for (const _ of expected) {
        await page.keyboard.press('Tab')
        reached.push(String(await page.evaluate('document.activeElement.textContent')))
        expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid')
      }
      expect(reached).toEqual(expected)
      await page.locator('summary').first().focus()
      await page.keyboard.press('Enter')
      expect(await page.locator('tbody').first().isVisible()).toBe(true)
      await close()
    })
  })
})
