import type { Mutant } from '../mutant.ts'

/** Defects in what collect does: when it polls, and which messages it keeps. */
export const COLLECT_MUTANTS: readonly Mutant[] = [
  {
    name: 'two poll messages of one task in one batch',
    harm: 'each takes the settlement of the other for its own',
    patches: [
      {
        file: 'functions/collect/collect.ts',
        find: 'if (seen.has(pollKey)) return',
        replace: "if (seen.has('')) return",
      },
      {
        file: 'functions/core/task/lifecycle.ts',
        find: 'found.settledAt === transition.settledAt',
        replace: 'found.taskId !== ""',
      },
    ],
  },
  {
    name: 'poll message never renewed',
    harm: 'the queue takes the poll message of a slow task for a poisonous message',
    patches: [
      {
        file: 'functions/collect/collect.ts',
        find: 'poll.recorded === isRecorded && receiveCount < context.renewAt',
        replace: 'poll.recorded === isRecorded && receiveCount < Infinity',
      },
    ],
  },
  {
    name: 'a poll that was not answered taken for one that was',
    harm: 'usableUntil is too late: a token is used that its site refuses',
    patches: [
      {
        file: 'functions/collect/collect.ts',
        find: 'const lastPendingAt = isPending ? at : timing.lastPendingAt',
        replace: 'const lastPendingAt = at',
      },
    ],
  },
  {
    name: 'polls at half the interval',
    harm: 'the provider is asked twice as often as it allows',
    patches: [
      {
        file: 'functions/collect/collect.ts',
        find: 'until: timing.nextPollAt }',
        replace: 'until: (clock.now() + timing.nextPollAt) / 2 }',
      },
    ],
  },
  {
    name: 'polls after the plan',
    harm: 'every result comes seconds later than it could',
    patches: [
      {
        file: 'functions/collect/collect.ts',
        find: 'until: timing.nextPollAt }',
        replace: 'until: timing.nextPollAt + 4000 }',
      },
    ],
  },
]
