import { renderDependencies, renderDependency } from './dependencies.ts'
import { renderLive } from './live.ts'
import { renderOverview } from './overview.ts'
import { PAGES } from './pages.ts'
import { renderReady } from './ready.ts'
import type { Views } from './view.ts'

export const VIEWS: Views = {
  '/health/live': { needs: 'nothing', render: renderLive },
  '/health/ready': { needs: 'record', render: renderReady },
  '/health/dependencies': { needs: 'record', tellsDependencies: true, render: renderDependencies },
  '/health/dependencies/*': { needs: 'record', tellsDependencies: true, render: renderDependency },
  '/health/deep': { needs: 'token' },
  '/health': { needs: 'record', render: renderOverview },
  ...PAGES,
}
