import type { Mutant } from '../mutant.ts'

/** Defects in outcomes and evidence, in messages, in the adapters and in what the stack deploys. */
export const OTHER_MUTANTS: readonly Mutant[] = [
  // It needs the most seeds of all: the others run beside it.
  {
    name: 'counts trusted',
    harm: 'readings of a queue that are a minute old call a fleet stalled that has bought every task',
    patches: [
      {
        file: 'functions/core/evidence/demand.ts',
        find: 'return Math.min(now.at, Math.max(since, lastWorkingSubmitAt ?? since, workedOffAt ?? since))',
        replace: 'return Math.min(now.at, since)',
      },
    ],
  },
  {
    name: 'cursor passes what is still being written',
    harm: 'outcomes are never folded into the record',
    patches: [
      {
        file: 'functions/core/outcome/fold.ts',
        find: 'Math.min(now - settlingSeconds * 1000, watermark)',
        replace: 'Math.min(now, watermark)',
      },
    ],
  },
  {
    name: 'own clock believed',
    harm: 'a worker whose clock is wrong expires tasks early',
    patches: [{ file: 'functions/runtime/sync-clock.ts', find: 'let isSet = false', replace: 'let isSet = true' }],
  },
  {
    name: 'loop detection left on',
    harm: 'Lambda refuses a task that was put back often, until its message is a dead letter',
    patches: [
      {
        file: 'functions/contract/event-sources.ts',
        find: "  submit: 'Allow',\n  collect: 'Allow',\n  pingback: 'Allow',",
        replace: "  submit: 'Terminate',\n  collect: 'Terminate',\n  pingback: 'Terminate',",
      },
    ],
  },
  {
    name: 'window put back',
    harm: 'at low traffic every poll comes up to 20 s late, and so does every result',
    patches: [
      {
        file: 'functions/contract/event-sources.ts',
        find: 'collect: { batchSize: 10, windowSeconds: 0 }',
        replace: 'collect: { batchSize: 100, windowSeconds: 1 }',
      },
    ],
  },
  {
    name: 'gateway time-out counts as unpaid',
    harm: 'a submit that the provider took and a gateway answered with 504 is bought again and told to nobody',
    patches: [
      {
        file: 'functions/adapters/provider/replies.ts',
        find: "GAVE_UP_WAITING.includes(status) ? 'possible'",
        replace: "GAVE_UP_WAITING.includes(status) ? 'none'",
      },
    ],
  },
  {
    name: 'result sent with a delay',
    harm: 'a client waits for a result that is there',
    patches: [
      {
        file: 'functions/core/message/result-message.ts',
        find: 'message: { body: JSON.stringify(result) }',
        replace: 'message: { body: JSON.stringify(result), delaySeconds: 30 }',
      },
    ],
  },
  {
    name: 'result sent twice',
    harm: 'a client handles every result twice',
    patches: [
      {
        file: 'functions/core/message/result-message.ts',
        find: "[{ queue: 'results', message: { body: JSON.stringify(result) } }]",
        replace: "Array(2).fill({ queue: 'results', message: { body: JSON.stringify(result) } })",
      },
    ],
  },
]
