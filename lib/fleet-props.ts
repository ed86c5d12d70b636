import type { Bundles } from './bundle.ts'
import type { FleetOptions } from './settings.ts'

export interface FleetProps extends FleetOptions {
  /** Bearer token of the protected health views. Local only: no template of the cloud may hold it. */
  healthToken?: string | undefined
  version: string
  /** Function → folder of its bundle. */
  bundles: Bundles
}
