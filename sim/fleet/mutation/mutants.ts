/** One place of a source and what it is changed to. The text must be there exactly once. */
export interface Patch {
  /** Relative to the repository. */
  file: string
  find: string
  replace: string
}

/** A defect that the simulation must find. */
export interface Mutant {
  name: string
  /** What goes wrong when it is not found. */
  harm: string
  patches: Patch[]
}

/** Within so many seeds each mutant must be found, and with so many tasks a seed. */
export const MUTANT_SEEDS = 2000
export const MUTANT_TASKS = 60

export const MUTANTS: readonly Mutant[] = [
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
    name: 're-buy on time-out',
    harm: 'lost submits are bought again without end',
    patches: [
      {
        file: 'functions/submit/claim.ts',
        find: 'if (conflict.item.uncertainCharges > settings.rebuyUnknown)',
        replace: 'if (conflict.item === undefined)',
      },
      {
        file: 'functions/submit/pay.ts',
        find: 'if (item.uncertainCharges + 1 > settings.rebuyUnknown)',
        replace: 'if (item.uncertainCharges < 0)',
      },
    ],
  },
  {
    name: 'delete before send',
    harm: 'a message is deleted although what it stands for was never sent on',
    patches: [
      {
        file: 'functions/worker/handle-batch.ts',
        find: "!delivered || handled.disposition.kind !== 'ack'",
        replace: "handled.disposition.kind !== 'ack'",
      },
    ],
  },
  {
    name: 'lost last poll',
    harm: 'a task whose next poll would come after its deadline is never settled',
    patches: [
      {
        file: 'functions/worker/poll-task.ts',
        find: '      return { disposition: pollAgain(poll, answer, decision.inSeconds), events }',
        replace:
          "      if (at + decision.inSeconds * 1000 > poll.item.deadlineAt) return { disposition: { kind: 'ack', send: [] }, events }\n      return { disposition: pollAgain(poll, answer, decision.inSeconds), events }",
      },
    ],
  },
  {
    name: 'off by one in the redrive limit',
    harm: 'the queue dead-letters the message first, without a reason',
    patches: [
      {
        file: 'functions/submit/submit.ts',
        find: 'message.receiveCount >= context.settings.maxReceiveCount',
        replace: 'message.receiveCount > context.settings.maxReceiveCount',
      },
    ],
  },
  {
    name: 'park without keeping the id',
    harm: 'a parked task comes back as another task',
    patches: [
      {
        file: 'functions/submit/park.ts',
        find: 'const attributes = writeTaskAttributes({ ...taskAttributes, parks: taskAttributes.parks + 1',
        replace:
          'const { taskId: _, ...attributes } = writeTaskAttributes({ ...taskAttributes, parks: taskAttributes.parks + 1',
      },
    ],
  },
  {
    name: 'park without keeping the age',
    harm: 'a parked task never grows old and its deadline never comes',
    patches: [
      {
        file: 'functions/submit/park.ts',
        find: 'const attributes = writeTaskAttributes({ ...taskAttributes, parks: taskAttributes.parks + 1',
        replace:
          'const attributes = writeTaskAttributes({ ...taskAttributes, enqueuedAt: at, parks: taskAttributes.parks + 1',
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
    name: 'lost submit sent again at once',
    harm: 'one attempt is charged twice',
    patches: [
      {
        file: 'functions/submit/pay.ts',
        find: 'const sent = await provider.submit(taskMessage.task, callbackUrl)',
        replace:
          "let sent = await provider.submit(taskMessage.task, callbackUrl)\n  if (sent.kind === 'lost') sent = await provider.submit(taskMessage.task, callbackUrl)",
      },
    ],
  },
  {
    name: 'release after a lost answer',
    harm: 'a charge that may have been made is forgotten and bought again for ever',
    patches: [
      {
        file: 'functions/submit/pay.ts',
        find: "await tasks.apply({ kind: 'lose', taskId, attempt, provider }",
        replace: "await tasks.apply({ kind: 'release', taskId, attempt, after: 'refusal' }",
      },
    ],
  },
  {
    name: 'result sent though the settle was refused',
    harm: 'the client gets two different results',
    patches: [
      {
        file: 'functions/worker/settle.ts',
        find: "if (answer.kind === 'refused') return answer",
        replace: '',
      },
    ],
  },
  {
    name: 'a duplicate counts its settlement again',
    harm: 'totals and streak tell more than was settled',
    patches: [
      {
        file: 'functions/worker/accounting-owner.ts',
        find: 'if (accounting.invocation === by.id || (await isCounted(item))) return { taken: false }',
        replace: 'if (accounting.invocation === by.id) return { taken: false }',
      },
    ],
  },
  {
    name: 'unrecorded submit without poll message',
    harm: 'what was paid for while the table failed is forgotten',
    patches: [
      {
        file: 'functions/submit/pay.ts',
        find: 'return { ...ack([event], send), observations,',
        replace: 'return { ...ack([event], ...(send.message.delaySeconds === 1 ? [] : [send])), observations,',
      },
    ],
  },
  {
    name: 'lease shorter than an invocation',
    harm: 'a task is taken from a worker that is still paying for it',
    patches: [
      {
        file: 'functions/submit/claim.ts',
        find: 'leaseUntil: now + leaseSeconds(settings.providerTimeoutSeconds, settings.timeoutSeconds) * 1000',
        replace: 'leaseUntil: now + 2 * 1000',
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
    name: 'unanswered settle given up at once',
    harm: 'a settlement is in no outcome',
    patches: [
      {
        file: 'functions/worker/retry.ts',
        find: 'return retryFor(clock, { ...RETRIES.settle, budgetMs }, write)',
        replace: 'return write()',
      },
    ],
  },
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
        find: 'timing.answerBy && receiveCount < context.renewAt',
        replace: 'timing.answerBy && receiveCount < Infinity',
      },
    ],
  },
  {
    name: 'every receive taken for a poll',
    harm: 'usableUntil is too late: a token is used that its site refuses',
    patches: [
      {
        file: 'functions/core/task/last-pending.ts',
        find: 'before === null || isEarly || isForgotten ? carried',
        replace: 'before === null ? carried',
      },
    ],
  },
  {
    name: 'a poll that was not answered taken for one that was',
    harm: 'usableUntil is too late: a token is used that its site refuses',
    patches: [
      {
        file: 'functions/collect/collect.ts',
        find: 'isPending ? at : timing.lastPendingAt, while',
        replace: 'at, while',
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
    name: 'own clock believed',
    harm: 'a worker whose clock is wrong expires tasks early',
    patches: [{ file: 'functions/runtime/sync-clock.ts', find: 'let isSet = false', replace: 'let isSet = true' }],
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
    name: 'spend limit not asked',
    harm: 'more is paid than the limit allows',
    patches: [
      {
        file: 'functions/core/admission/bounds.ts',
        find: 'if (!isLimited(limits)) return []',
        replace: 'if (isLimited(limits)) return []',
      },
    ],
  },
  {
    name: 'limit not asked',
    harm: 'workers that reserve at the same moment put more tasks in flight than the limit allows',
    patches: [
      {
        file: 'functions/core/admission/bounds.ts',
        find: 'most: { [counter]: Math.min(...most.slice(0, count)), ',
        replace: 'most: { ',
      },
    ],
  },
  {
    name: 'places of accepted tasks given back',
    harm: 'tasks are in flight that no place is taken for, so the limit no longer holds',
    patches: [
      {
        file: 'functions/submit/submit.ts',
        find: 'const unused = granted - handled.filter(({ isInFlight }) => isInFlight).length',
        replace: 'const unused = granted',
      },
    ],
  },
  {
    name: 'place given back at one provider only',
    harm: 'the whole fleet counts tasks that no provider has, until nothing may be bought',
    patches: [
      {
        file: 'functions/core/admission/plan-report.ts',
        find: 'return { [IN_FLIGHT]: -freed.length, ...Object.fromEntries(at) }',
        replace: 'return { ...Object.fromEntries(at) }',
      },
    ],
  },
  {
    name: 'open breaker not asked',
    harm: 'a provider that is down gets every submit of the fleet',
    patches: [
      {
        file: 'functions/core/admission/plan-reservation.ts',
        find: "if (breaker.state === 'open' && breaker.until > now)",
        replace: "if (breaker.state === 'open' && breaker.until > now + 86_400_000)",
      },
    ],
  },
  {
    name: 'probe without a lease',
    harm: 'every worker probes a provider at the same time that may still be down',
    patches: [
      {
        file: 'functions/core/admission/plan-reservation.ts',
        find: 'if (breaker === null) return []',
        replace: "if (breaker === null || provider.breaker.state === 'half_open') return []",
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
    name: 'HTTP errors are not counted',
    harm: 'a provider that charges and answers with errors is paid without end',
    patches: [
      {
        file: 'functions/submit/pay.ts',
        find: "await tasks.apply({ kind: 'release', taskId, attempt, after: 'httpError' }",
        replace: "await tasks.apply({ kind: 'release', taskId, attempt, after: 'refusal' }",
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
  {
    name: 'first poll at once',
    harm: 'the provider is asked about a task that it cannot have solved yet',
    patches: [
      {
        file: 'functions/submit/pay.ts',
        find: 'Math.max(1, Math.min(Math.ceil(first), left))',
        replace: '1',
      },
    ],
  },
  {
    name: 'a second poll message for every submit',
    harm: 'each task is polled twice as often as planned',
    patches: [
      {
        file: 'functions/submit/pay.ts',
        find: 'return { ...ack([event], send), observations,',
        replace:
          'return { ...ack([event], send, { ...send, message: { ...send.message, delaySeconds: 18 } }), observations,',
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
  {
    name: 'submits again before the provider allows it',
    harm: 'a provider that limits our rate blocks us',
    patches: [
      {
        file: 'functions/core/admission/observe.ts',
        find: '(answer.retryAfterSeconds ?? seconds) * 1000',
        replace: '1000',
      },
    ],
  },
  {
    name: 'parked for less than the provider asked for',
    harm: 'a refused task comes back while its provider still refuses it',
    patches: [
      {
        file: 'functions/submit/park-delay.ts',
        find: 'Math.max(spread, bounds.atLeast ?? 0)',
        replace: 'spread',
      },
    ],
  },
  {
    name: 'parked for half the delay',
    harm: 'tasks that cannot be bought keep the functions and the provider busy',
    patches: [
      {
        file: 'functions/submit/park-delay.ts',
        find: 'const spread = grown * (0.8',
        replace: 'const spread = 0.5 * grown * (0.8',
      },
    ],
  },
  {
    name: 'parks do not grow longer',
    harm: 'tasks that cannot be bought keep the functions and the provider busy',
    patches: [
      {
        file: 'functions/submit/park-delay.ts',
        find: 'first * 1.5 **',
        replace: 'first * 1 **',
      },
    ],
  },
  {
    name: 'parked past the deadline',
    harm: 'a task expires long after its deadline',
    patches: [
      {
        file: 'functions/submit/park-delay.ts',
        find: 'bounds.untilDeadline + 1',
        replace: 'bounds.untilDeadline + 30',
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
