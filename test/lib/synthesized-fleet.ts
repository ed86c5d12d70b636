import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FunctionName } from '../../functions/contract/functions.ts'
import { parseOptions, type Raw } from '../../lib/settings.ts'
import type { StageName } from '../../lib/stages.ts'
import { type FleetTemplate, type SynthesizedFleet, synthesizeFleet } from '../../lib/synthesize-fleet.ts'

/** One folder for every function: what is in the bundles is not what these tests ask about. */
const folder = mkdtempSync(join(tmpdir(), 'lifesign-no-bundle-'))
writeFileSync(join(folder, 'index.js'), 'exports.handler = async () => {}\n')
const BUNDLES = { submit: folder, collect: folder, pingback: folder, sweep: folder, health: folder }

/** A synth of prod warns where nobody would be paged; that warning has a test of its own. */
const PAGED: Raw = { alarmEmail: 'on-call@example.test' }

export function fleetOf(stage: StageName, raw: Raw = {}, healthToken?: string): SynthesizedFleet {
  const parsed = parseOptions({ ...(stage === 'prod' ? PAGED : {}), ...raw, stage }, [stage])
  if ('problems' in parsed) throw new Error(parsed.problems.join('; '))
  return synthesizeFleet({ ...parsed.options, healthToken }, BUNDLES)
}

/** Each asker has a copy of its own: a template depends on nothing but what is asked for, so it is made once. */
export function templateOf(stage: StageName, raw: Raw = {}): FleetTemplate {
  const asked = JSON.stringify([stage, raw])
  const template = made.get(asked) ?? fleetOf(stage, raw).template
  made.set(asked, template)
  return structuredClone(template)
}
const made = new Map<string, FleetTemplate>()

interface Found {
  id: string
  properties: Record<string, unknown>
  DeletionPolicy?: unknown
  UpdateReplacePolicy?: unknown
}

/** The resources of one type, by the order of the template. */
export const resourcesOf = ({ Resources }: FleetTemplate, type: string): Found[] =>
  Object.entries(Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, { Properties = {}, DeletionPolicy, UpdateReplacePolicy }]) => ({
      id,
      properties: Properties,
      DeletionPolicy,
      UpdateReplacePolicy,
    }))

/** The one resource of that type whose logical id begins so. */
export function resourceOf(template: FleetTemplate, type: string, prefix: string): Found {
  const [found, ...others] = resourcesOf(template, type).filter(({ id }) => id.startsWith(prefix))
  if (found === undefined || others.length > 0) throw new Error(`not one ${type} ${prefix}`)
  return found
}

export const QUEUES = {
  tasks: 'QueuesTasks',
  polls: 'QueuesPolls',
  results: 'QueuesResults',
  deadLetters: 'QueuesDeadLetters',
} as const
export const queueOf = (template: FleetTemplate, name: keyof typeof QUEUES) =>
  resourceOf(template, 'AWS::SQS::Queue', QUEUES[name])

export const functionOf = (template: FleetTemplate, name: FunctionName) =>
  resourceOf(template, 'AWS::Lambda::Function', `${name.charAt(0).toUpperCase()}${name.slice(1)}Worker`)

export const environmentOf = (template: FleetTemplate, name: FunctionName): Record<string, unknown> =>
  recordAt(functionOf(template, name).properties, 'Environment', 'Variables')

/** What stands at a path of an unknown value; empty where nothing does. */
export const at = (value: unknown, ...path: (string | number)[]): unknown =>
  path.reduce<unknown>((found, key) => (isRecord(found) ? found[key] : undefined), value)
export const recordAt = (value: unknown, ...path: (string | number)[]): Record<string, unknown> => {
  const found = at(value, ...path)
  return isRecord(found) ? found : {}
}
export const listAt = (value: unknown, ...path: (string | number)[]): unknown[] => {
  const found = at(value, ...path)
  return Array.isArray(found) ? found : []
}
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
