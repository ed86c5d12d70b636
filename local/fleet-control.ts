import { type ControlPlane, startFleetControl } from './engines/control.ts'
import { Mappings } from './engines/mappings.ts'
import { makeMetricStore } from './engines/metric-store.ts'
import type { ReadSecret } from './engines/secret.ts'
import type { EnginesInUse } from './engines/use-engines.ts'
import { refuseAll } from './gateway/checker.ts'
import type { FleetGateway } from './gateway/fleet-gateway.ts'
import type { LocalSettings } from './settings/settings.ts'
import { listenTarget } from './support/listen-targets.ts'
import type { Teardown } from './support/teardown.ts'

/** The control endpoint of a fleet. The functions need its address, so it listens before the rest is there. */
interface FleetControl {
  url: string
  /** Its mappings and its check are replaced when they are known. Until then it refuses every call. */
  plane: ControlPlane
  /** What its pages show, as it becomes known. */
  shown: Partial<EnginesInUse> & Pick<FleetGateway, 'report'>
}

export async function openFleetControl(
  { ports, controlGiven }: LocalSettings,
  { secret, healthUrl }: { secret: ReadSecret; healthUrl: string },
  teardown: Teardown,
): Promise<FleetControl> {
  const plane: ControlPlane = { secret, check: refuseAll, mappings: new Mappings('', []), metrics: makeMetricStore() }
  const shown: FleetControl['shown'] = { report: () => [] }
  const { url, stop } = await startFleetControl(listenTarget(ports, 'control'), controlGiven, plane, {
    '/': () => ({ lifesign: 'fleet', health: healthUrl }),
    '/rights': () => shown.report(),
    '/event-sources': () => Object.fromEntries(plane.mappings.list().map(({ uuid, enabled }) => [uuid, enabled])),
    '/requests': () => ({ sqs: shown.sqs?.engine?.requests(), dynamodb: shown.dynamodb?.engine?.requests() }),
  })
  teardown.add(stop)
  return { url, plane, shown }
}
