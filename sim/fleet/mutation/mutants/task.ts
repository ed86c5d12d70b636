import type { Mutant } from '../mutant.ts'

/** Defects in the life of a task: how it is claimed, bought again, polled and settled. */
export const TASK_MUTANTS: readonly Mutant[] = [
  {
    name: 'claim without condition',
    harm: 'two workers pay for one task',
    patches: [
      {
        file: 'functions/core/task/lifecycle.ts',
        find: 'if (transition.fence === null) return item === undefined ? transition.item : null',
        replace: 'if (transition.fence === null) return transition.item',
      },
    ],
  },
  {
    name: 'settle without fence',
    harm: 'a task is settled twice, or by an attempt that lost it',
    patches: [
      {
        file: 'functions/core/task/lifecycle.ts',
        find: 'if (item === undefined || isSettled(item) || !holds(item, transition.fence)) return null',
        replace: 'if (item === undefined) return null',
      },
    ],
  },
  {
    name: 'expired charge told as unsubmitted',
    harm: 'a charge is explained by nothing and the streak does not grow',
    patches: [
      {
        file: 'functions/core/task/settlement.ts',
        find: "return { kind: 'expired', at, submittedAt, counted: wasInTime(settlement, submittedAt), spent }",
        replace: "return { kind: 'expired', at, submittedAt: null, counted: false, spent }",
      },
    ],
  },
  {
    name: 'lapsed claim counts as unpaid',
    harm: 'charges of workers that died are told to nobody',
    patches: [
      {
        file: 'functions/core/task/claim-conflict.ts',
        find: '  ...withLostAttempt(item, item.provider),',
        replace: '  ...item,',
      },
    ],
  },
  {
    name: 're-submit without end',
    harm: 'an unsolvable task is bought again and again',
    patches: [
      {
        file: 'functions/core/task/poll-decision.ts',
        find: 'done < RESUBMITS[why]',
        replace: 'done < 99',
      },
    ],
  },
  {
    name: 'every receive taken for a poll',
    harm: 'usableUntil is too late: a token is used that its site refuses',
    patches: [
      {
        file: 'functions/core/task/last-pending.ts',
        find: 'before === null || isEarly || mayHaveTimedOut ? carried',
        replace: 'before === null ? carried',
      },
    ],
  },
  {
    name: 'polls forgotten',
    harm: 'usableUntil is too early: a good token is thrown away',
    patches: [
      {
        file: 'functions/core/task/last-pending.ts',
        find: 'carried : Math.max(carried, before)',
        replace: 'carried : Math.min(carried, before)',
      },
    ],
  },
  {
    name: 'result of a late poll message kept back',
    harm: 'a task that was solved in time is never told, because its result could not be sent before the deadline',
    patches: [
      {
        file: 'functions/core/task/settled-conflict.ts',
        find: "if (answer.kind === 'solved') return {",
        replace:
          "if (answer.kind === 'solved' && now > item.deadlineAt) return { kind: 'ack' }\n  if (answer.kind === 'solved') return {",
      },
    ],
  },
  {
    name: 'polled again before the provider allows it',
    harm: 'a provider that limits our rate blocks us',
    patches: [
      {
        file: 'functions/core/task/poll-decision.ts',
        find: '(SLOWER[failure.class] ?? 1), failure.retryAfterSeconds ?? 0)',
        replace: '(SLOWER[failure.class] ?? 1), 0)',
      },
    ],
  },
]
