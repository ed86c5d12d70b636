import type { Mutant } from '../mutant.ts'

/** Defects in what submit does: paying, parking, giving up. */
export const SUBMIT_MUTANTS: readonly Mutant[] = [
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
        find: 'const leaseMs = leaseSeconds(settings.providerTimeoutSeconds, settings.timeoutSeconds) * 1000',
        replace: 'const leaseMs = 2 * 1000',
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
    name: 'parked for less than the provider asked for',
    harm: 'a refused task comes back while its provider still refuses it',
    patches: [
      {
        file: 'functions/submit/park-delay.ts',
        find: 'Math.max(bounds.turn ?? spread, bounds.atLeast ?? 0)',
        replace: 'bounds.turn ?? spread',
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
    name: 'full plan fails the task',
    harm: 'a task fails for want of a thread that would have been free a moment later',
    patches: [
      {
        file: 'functions/submit/pay.ts',
        find: "    case 'pending': {\n",
        replace: "    case 'pending':\n    case 'capacity': {\n",
      },
      {
        file: 'functions/submit/pay.ts',
        find: "    case 'funds':\n    case 'capacity':\n",
        replace: "    case 'funds':\n",
      },
    ],
  },
  {
    name: 'no poll message where a callback is due',
    harm: 'a task whose callback never comes is never settled',
    patches: [
      {
        file: 'functions/submit/pay.ts',
        find: 'return { ...ack([event], send), observations,',
        replace: 'return { ...ack([event], ...(callbackUrl === undefined ? [send] : [])), observations,',
      },
    ],
  },
]
