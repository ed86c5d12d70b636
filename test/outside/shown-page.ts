import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const DESKTOP = { width: 900, height: 640 }
export const PHONE = { width: 360, height: 740 }

/** A page in a new tab, with everything that it complained about or asked for. */
export async function shownPage(browser: Browser, url: string, options: BrowserContextOptions) {
  const context = await browser.newContext({ viewport: DESKTOP, colorScheme: 'light', ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  const requests: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => requests.push(request.url()))
  await page.goto(url)
  return { page, complaints, requests, close: () => context.close() }
}

/** What axe finds wrong; empty: nothing. */
export async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  const found: unknown = await page.evaluate(
    `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map((n) => n.html).join(' ')))`,
  )
  return Array.isArray(found) ? found.map(String) : ['axe gave no list']
}

export const scrollsSideways = (page: Page): Promise<unknown> =>
  page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth')
