import * as z from 'zod/mini'
import { time } from './words.ts'

const indicator = z.enum(['none', 'minor', 'major', 'critical'])

/** The shape of Statuspage's `summary.json`, as far as the fleet fills it. */
export const statusJsonBody = z.strictObject({
  page: z.strictObject({ id: z.string(), name: z.string(), time_zone: z.string(), updated_at: time }),
  status: z.strictObject({ indicator, description: z.string() }),
  components: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      status: z.enum(['operational', 'degraded_performance', 'partial_outage', 'major_outage']),
      position: z.number(),
      updated_at: time,
      description: z.nullable(z.string()),
    }),
  ),
  incidents: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      status: z.literal('investigating'),
      impact: indicator,
      created_at: time,
      started_at: time,
      updated_at: time,
      resolved_at: z.null(),
      incident_updates: z.array(
        z.strictObject({ id: z.string(), status: z.literal('investigating'), body: z.string(), created_at: time }),
      ),
    }),
  ),
  scheduled_maintenances: z.array(z.never()),
})
