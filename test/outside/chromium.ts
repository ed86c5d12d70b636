import { existsSync } from 'node:fs'
import { type Browser, chromium as playwright } from 'playwright-core'

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const find = (): string | undefined => [process.env.LIFESIGN_CHROMIUM ?? '', ...PATHS].find((path) => existsSync(path))

/** A real browser, where `LIFESIGN_CHROMIUM` says or where Debian puts it. */
export const chromium = {
  name: 'chromium',
  missing: () => (find() === undefined ? 'it needs Chromium; install it with: apt-get install chromium' : null),
}

/** Without a sandbox, because CI is root, and without services that look up hosts by themselves. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export async function openBrowser(): Promise<Browser> {
  const executablePath = find()
  if (executablePath === undefined) throw new Error('Chromium is not there')
  return playwright.launch({ executablePath, args: QUIET })
}
