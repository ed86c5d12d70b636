import type { FunctionFacts, HealthContext, Rendering } from './context.ts'
import { renderDependencies, renderDependency } from './dependencies.ts'
import { renderOverview } from './overview.ts'
import { renderReady } from './ready.ts'

export type HealthView =
  /** A view that reads nothing and is the same for everybody. */
  | { needs: 'nothing'; render: (self: FunctionFacts) => object }
  /**
   * `auth` open: for everybody, reduced for requests without the token. A `null` from `render`: no such thing exists.
   */
  | { needs: 'record'; auth: 'open'; render: (seen: HealthContext, name: string) => Rendering | null }

/** Path → view. A last segment `*` stands for one name. */
export const VIEWS: Readonly<Record<string, HealthView>> = {
  '/health/live': {
    needs: 'nothing',
    render: ({ uptimeMs, version }) => ({ status: 'ok', uptimeMs: uptimeMs(), version }),
  },
  '/health/ready': { needs: 'record', auth: 'open', render: renderReady },
  '/health/dependencies': { needs: 'record', auth: 'open', render: renderDependencies },
  '/health/dependencies/*': { needs: 'record', auth: 'open', render: renderDependency },
  '/health': { needs: 'record', auth: 'open', render: renderOverview },
}
