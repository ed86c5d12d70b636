import { readFileSync, renameSync, writeFileSync } from 'node:fs'

/** One event source mapping, as the Lambda API describes it. */
export interface EventSourceMapping {
  uuid: string
  queueArn: string
  functionArn: string
  batchSize: number
  windowSeconds: number
  maximumConcurrency: number | null
  partial: boolean
  enabled: boolean
}

/**
 * The event source mappings of this fleet, and whether each is enabled. A change by UpdateEventSourceMapping is kept in
 * `file` and outlives the process, as on AWS it outlives a deploy that does not touch the mapping.
 */
export class Mappings {
  private readonly byId: Map<string, EventSourceMapping>
  private readonly listeners: ((mapping: EventSourceMapping) => void)[] = []
  private readonly file: string

  constructor(file: string, made: readonly EventSourceMapping[]) {
    this.file = file
    const changed = readChanges(file)
    this.byId = new Map(made.map((mapping) => [mapping.uuid, { ...mapping, ...changed.get(mapping.uuid) }]))
  }

  list = (): EventSourceMapping[] => [...this.byId.values()]
  get = (uuid: string): EventSourceMapping | undefined => this.byId.get(uuid)

  setEnabled(uuid: string, enabled: boolean): EventSourceMapping | undefined {
    const found = this.byId.get(uuid)
    if (found === undefined || found.enabled === enabled) return found
    const changed = { ...found, enabled }
    this.byId.set(uuid, changed)
    this.keep()
    for (const tell of this.listeners) tell(changed)
    return changed
  }

  onChange(listener: (mapping: EventSourceMapping) => void): void {
    this.listeners.push(listener)
  }

  private keep(): void {
    const changes = Object.fromEntries(this.list().map(({ uuid, enabled }) => [uuid, { enabled }]))
    writeFileSync(`${this.file}.new`, `${JSON.stringify(changes)}\n`)
    renameSync(`${this.file}.new`, this.file)
  }
}

/** The saved changes. If the file is missing or unreadable, the template's values apply. */
function readChanges(file: string): Map<string, { enabled: boolean }> {
  const changes = new Map<string, { enabled: boolean }>()
  for (const [uuid, value] of Object.entries(readObject(file)))
    if (typeof value === 'object' && value !== null && 'enabled' in value && typeof value.enabled === 'boolean')
      changes.set(uuid, { enabled: value.enabled })
  return changes
}

function readObject(file: string): object {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
