import { hasIssue } from '../core/rules/issue.ts'
import type { HealthContext } from './context.ts'
import type { Asked, Content, Grade, Rendering } from './rendering.ts'
import type { Views } from './view.ts'

/** The views that choose their own format: for people, for scrapers, for badges. They are loaded when they are asked for. */
export const PAGES: Views = {
  '/status': { needs: 'record', render: (seen) => pageOf(seen, statusPage) },
  '/status.json': { needs: 'record', render: (seen) => pageOf(seen, statusJson) },
  '/badge.svg': { needs: 'record', render: (seen) => pageOf(seen, badge) },
  '/metrics': { needs: 'record', render: metrics },
}

type Page = (seen: HealthContext, sourceOf: typeof import('./page/page-source.ts').fullSource) => Promise<Content>

async function pageOf(seen: HealthContext, page: Page): Promise<Rendering> {
  const { fullSource, reducedSource } = await import('./page/page-source.ts')
  return {
    grade: gradeOf(seen),
    full: () => page(seen, fullSource),
    reduced: () => page(seen, reducedSource),
  }
}

/** A page that can be rendered is good, whatever it says; it fails only if there is no record to render. */
const gradeOf = ({ view }: HealthContext): Grade => (hasIssue(view.issues, 'record_unreadable') ? 'fail' : 'pass')

const statusPage: Page = async (seen, sourceOf) => {
  const { PAGE_POLICY, statusPageOf } = await import('./page/status-page.ts')
  return {
    kind: 'document',
    contentType: 'text/html; charset=utf-8',
    text: statusPageOf(sourceOf(seen)),
    headers: PAGE_POLICY,
  }
}

const statusJson: Page = async (seen, sourceOf) => {
  const { statusJsonOf } = await import('./page/status-json.ts')
  return { kind: 'document', contentType: 'application/json', text: JSON.stringify(statusJsonOf(sourceOf(seen))) }
}

const badge: Page = async ({ view }) => {
  const { badgeOf } = await import('./page/badge.ts')
  return {
    kind: 'document',
    contentType: 'image/svg+xml; charset=utf-8',
    text: badgeOf(view.status),
    headers: { 'Content-Security-Policy': "default-src 'none'" },
  }
}

/** For scrapers. Numbers of the record, which only those with the token may see, are families of their own. */
async function metrics(seen: HealthContext, { accept }: Asked): Promise<Rendering> {
  const { publicFamilies } = await import('./metrics/public-families.ts')
  const { privateFamilies } = await import('./metrics/private-families.ts')
  const { expositionOf } = await import('./metrics/exposition.ts')
  const document = async (families: Parameters<typeof expositionOf>[0]): Promise<Content> => ({
    kind: 'document',
    ...(await expositionOf(families, accept)),
  })
  return {
    grade: gradeOf(seen),
    full: () => document([...publicFamilies(seen), ...privateFamilies(seen)]),
    reduced: () => document(publicFamilies(seen)),
  }
}
