import { randomBytes } from 'node:crypto'
import { type AttributeValue, type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { admissionKey } from '../../contract/table.ts'
import type { AdmissionChange } from '../../core/admission/item/admission.ts'
import type { AdmissionStore } from '../../core/ports.ts'
import { callDeadline } from '../system/call-deadline.ts'
import { MARK, parseAdmission, storedControl } from './admission-item.ts'
import { replaceItem, updateOnce } from './conditional.ts'

/** Attributes that say which control is stored; the others of the item are its counters. */
const FENCE = ['schema', 'epoch', 'control'] as const

export function makeAdmissionStore({
  client,
  tableName,
}: {
  client: DynamoDBClient
  tableName: string
}): AdmissionStore {
  const get = async () => {
    const read = { TableName: tableName, Key: marshall(admissionKey), ConsistentRead: true }
    return (await client.send(new GetItemCommand(read), callDeadline())).Item
  }
  return {
    read: async () => parseAdmission(await get()),
    async write(change) {
      const mark = randomBytes(4).toString('base64url')
      try {
        const { applied, item } = await updateOnce(client, tableName, { key: admissionKey, ...updateOf(change, mark) })
        return { applied, reading: parseAdmission(item ?? (await get())) }
      } catch (error) {
        // The answer was lost. Where nobody has written since, the mark tells that the write took place.
        const item = await get().catch(() => undefined)
        if (item?.[MARK]?.S !== mark) throw error
        return { applied: true, reading: parseAdmission(item) }
      }
    },
    async create({ epoch, counts, control }) {
      const item = marshall({
        ...admissionKey,
        schema: control.schema,
        epoch,
        ...counts,
        control: storedControl(control),
      })
      const found = await get()
      const reading = parseAdmission(found)
      if (reading.kind === 'admission') return { applied: false, reading }
      const applied = await replaceItem(client, tableName, item, sameAs(found))
      return { applied, reading: parseAdmission(applied ? item : await get()) }
    },
  }
}

/** A counter that is absent counts as 0. */
function updateOf({ epoch, most = {}, add = {}, set = {}, control }: AdmissionChange, mark: string) {
  const values: Record<string, unknown> = { ':schema': 1, ':mark': mark }
  const value = (of: unknown): string => {
    const name = `:v${Object.keys(values).length}`
    values[name] = of
    return name
  }
  const conditions = ['#schema = :schema']
  if (epoch !== undefined) conditions.push(`#epoch = ${value(epoch)}`)
  for (const [name, bound] of Object.entries(most)) {
    const within = `#${name} <= ${value(bound)}`
    conditions.push(bound < 0 ? within : `(attribute_not_exists(#${name}) OR ${within})`)
  }
  const sets = [`#${MARK} = :mark`, ...Object.entries(set).map(([name, to]) => `#${name} = ${value(to)}`)]
  if (control !== undefined) sets.push(`#control = ${value(storedControl(control))}`)
  const adds = Object.entries(add)
    .filter(([name, by]) => by !== 0 && set[name] === undefined)
    .map(([name, by]) => `#${name} ${value(by)}`)
  if (control !== undefined) adds.push(`#epoch ${value(1)}`)
  const update = [...clause('SET', sets), ...clause('ADD', adds)].join(' ')
  return { condition: conditions.join(' AND '), update, values }
}

const clause = (verb: string, parts: string[]): string[] => (parts.length === 0 ? [] : [`${verb} ${parts.join(', ')}`])

/** Holds while the item is still the one that was found, or there is still none. */
function sameAs(found: Record<string, AttributeValue> | undefined) {
  if (found === undefined) return { condition: 'attribute_not_exists(pk)', values: {} }
  const parts = FENCE.map((name) =>
    found[name] === undefined ? `attribute_not_exists(#${name})` : `#${name} = :${name}`,
  )
  const values = FENCE.flatMap((name) => (found[name] === undefined ? [] : [[`:${name}`, found[name]] as const]))
  return { condition: parts.join(' AND '), values: Object.fromEntries(values) }
}
