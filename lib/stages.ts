/** Every difference between the stages, in one table. What is not in it is the same everywhere. */
interface Stage {
  /** Queues, table and functions carry the names that docs/contracts.md promises for the local run; elsewhere CloudFormation names them. */
  physicalNames: boolean
  /** The scheduler counts minutes; the local runtime has its own timer and takes any interval. */
  subMinuteSweep: boolean
  /** The local runtime sweeps at its start by itself. */
  sweepAtDeploy: boolean
  /** In place of the setting's own default. */
  sweepSeconds: number
  /** Table, queues, secret and logs survive a deletion of the stack; stack and table refuse their own. */
  keepData: boolean
  /** Somebody is to be woken by its alarms: without an address a synth says that nobody is. */
  pagesSomebody: boolean
  /** Pages that could not be delivered are kept in a queue; locally nothing delivers any. */
  keepsUndelivered: boolean
  logDays: 7 | 90
  /**
   * Reserved for submit and collect each, where the setting says nothing. Null: none is reserved for any function; a new
   * account (limit 10) refuses every reservation.
   */
  reservedConcurrency: number | null
  /** Reserved where the workers' is: ten requests a second each, and a flood of them takes nothing from submit. */
  reservedForRequests: { health: number; pingback: number }
  /** Most invocations that each event source starts at a time; at least 2, and kept under what is reserved. */
  maxConcurrency: { submit: number; collect: number }
}

export const STAGES = {
  local: {
    physicalNames: true,
    subMinuteSweep: true,
    sweepAtDeploy: false,
    sweepSeconds: 5,
    keepData: false,
    pagesSomebody: false,
    keepsUndelivered: false,
    logDays: 7,
    reservedConcurrency: null,
    reservedForRequests: { health: 2, pingback: 2 },
    maxConcurrency: { submit: 5, collect: 3 },
  },
  dev: {
    physicalNames: false,
    subMinuteSweep: false,
    sweepAtDeploy: true,
    sweepSeconds: 60,
    keepData: false,
    pagesSomebody: false,
    keepsUndelivered: true,
    logDays: 7,
    reservedConcurrency: null,
    reservedForRequests: { health: 2, pingback: 2 },
    maxConcurrency: { submit: 5, collect: 3 },
  },
  prod: {
    physicalNames: false,
    subMinuteSweep: false,
    sweepAtDeploy: true,
    sweepSeconds: 60,
    keepData: true,
    pagesSomebody: true,
    keepsUndelivered: true,
    logDays: 90,
    reservedConcurrency: 50,
    reservedForRequests: { health: 10, pingback: 10 },
    maxConcurrency: { submit: 50, collect: 50 },
  },
} as const satisfies Record<string, Stage>

export type StageName = keyof typeof STAGES
export const CLOUD_STAGES = ['dev', 'prod'] as const satisfies readonly StageName[]
