import { RUNBOOK_PATH } from '../contract/runbook.ts'
import { hasIssue } from '../core/rules/issue.ts'
import type { HealthContext } from './context.ts'
import type { Asked, Content, Grade, Rendering } from './rendering.ts'
import type { Views } from './view.ts'

/** The views that choose their own format: for people, for scrapers, for badges. They are loaded when they are asked for. */
export const PAGES: Views = {
  '/status': { needs: 'record', tellsDependencies: true, render: (seen) => pageOf(seen, 'statusPage') },
  '/status.json': { needs: 'record', tellsDependencies: true, render: (seen) => pageOf(seen, 'statusJson') },
  '/badge.svg': { needs: 'record', render: (seen) => pageOf(seen, 'badge') },
  '/metrics': { needs: 'record', tellsDependencies: true, render: metrics },
  [RUNBOOK_PATH]: { needs: 'record', render: runbook },
}

type PageName = keyof typeof import('./page/documents.ts').DOCUMENTS

async function pageOf(seen: HealthContext, name: PageName): Promise<Rendering> {
  const { DOCUMENTS } = await import('./page/documents.ts')
  return { grade: gradeOf(seen), full: () => DOCUMENTS[name](seen, true), reduced: () => DOCUMENTS[name](seen, false) }
}

/** A page that can be rendered is good, whatever it says; it fails only if there is no record to render. */
const gradeOf = ({ view }: HealthContext): Grade => (hasIssue(view.issues, 'record_unreadable') ? 'fail' : 'pass')

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

/** The same in every state and for everybody. It waits for the record, never longer than any view, for the headers. */
async function runbook(_: HealthContext, { accept }: Asked): Promise<Rendering> {
  const { servedRunbook } = await import('./runbook/served-runbook.ts')
  const document = () => servedRunbook(accept)
  return { grade: 'pass', full: document, reduced: document }
}
