/** Every difference between the stages, in one table. Everything else is the same in all stages. */
interface Stage {
  /**
   * Queues, table and functions carry the names that docs/contracts.md promises for the local run; elsewhere
   * CloudFormation names them.
   */
  physicalNames: boolean
  /** The cloud's scheduler counts minutes; the local runtime has its own timer and accepts any interval. */
  subMinuteSweep: boolean
  /** False for the local runtime, which sweeps at its start anyway. */
  sweepAtDeploy: boolean
  /** Replaces the setting's own default. */
  sweepSeconds: number
  /** Table, queues, secret and logs are kept when the stack is deleted; stack and table refuse their deletion. */
  keepData: boolean
  /**
   * The alarms of this stage must reach a person: one alarm of alarms pages once for an outage, and a synth without an
   * address warns that nobody is paged. Elsewhere each alarm sends its own message.
   */
  pagesSomebody: boolean
  /** Undelivered pages are kept in a queue. Locally nothing delivers pages. */
  keepsUndelivered: boolean
  logDays: 7 | 90
  /**
   * Reserved for submit and for collect if the setting is unset. Null: nothing is reserved for any function, because a
   * new account (limit 10) refuses every reservation.
   */
  reservedConcurrency: number | null
  /**
   * Reserved if the workers' concurrency is reserved. It allows about ten requests a second each, and a flood of
   * requests takes nothing from submit.
   */
  reservedForRequests: { health: number; pingback: number }
  /** The most concurrent invocations of each event source: at least 2, and at most what is reserved. */
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
