import type { FunctionFacts, HealthContext } from './context.ts'
import type { Asked, CheckReport, Rendering } from './rendering.ts'

export type HealthView =
  /** A view that reads nothing and is the same for everybody. */
  | { needs: 'nothing'; render: (self: FunctionFacts) => CheckReport }
  /** For everybody, reduced for requests without the token. A `null` from `render`: no such thing exists. */
  | {
      needs: 'record'
      /** Whether it shows dependencies, so that the last deep run is read too. */
      tellsDependencies?: boolean
      render: (seen: HealthContext, asked: Asked) => Rendering | null | Promise<Rendering | null>
    }
  /** The deep view: only for requests with the token, and a POST runs the probes. */
  | { needs: 'token' }

/** Path → view. A last segment `*` stands for one name. */
export type Views = Readonly<Record<string, HealthView>>
