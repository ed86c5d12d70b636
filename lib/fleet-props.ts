import type { Bundles } from './bundle.ts'
import type { FleetOptions } from './settings.ts'

export interface FleetProps extends FleetOptions {
  /** Bearer token of the protected health views. Local only: a template for the cloud must not contain it. */
  healthToken?: string | undefined
  version: string
  /** Function → folder of its bundle. */
  bundles: Bundles
}
