import type { Views } from './view.ts'

/** The views that choose their own format: for people, for scrapers, for badges. */
export const PAGES: Views = {}
