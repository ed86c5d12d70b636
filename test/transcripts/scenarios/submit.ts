import type { Scenario } from '../scenario.ts'
import { solvedAfter } from './answers.ts'

/** What can become of a task until it is paid for. */
export const submitScenarios: Scenario[] = [
  {
    title: 'a task is bought, polled and solved',
    script: solvedAfter(17),
    plan: (fleet) => fleet.send(0, { taskId: 't1' }),
    seconds: 40,
  },
  {
    title: 'three tasks of different priority share a batch, and two have a place',
    script: solvedAfter(3),
    maxInFlight: 2,
    plan: (fleet) => {
      fleet.send(0, { taskId: 'low', priority: 'low', deadlineSeconds: 200 })
      fleet.send(0, { taskId: 'normal', deadlineSeconds: 250, reply: 'table' })
      fleet.send(0, { taskId: 'critical', priority: 'critical', reply: 'both' })
    },
    seconds: 90,
  },
  {
    title: 'the worker dies after it has paid, and another one buys again',
    script: solvedAfter(12),
    fate: ({ name, n }) => (name === 'provider.submit' && n === 1 ? 'dies after' : null),
    plan: (fleet) => fleet.send(0, { taskId: 't1' }),
    seconds: 150,
  },
  {
    title: 'the worker dies after it has paid, and a second purchase is not permitted',
    script: solvedAfter(12),
    rebuyUnknown: 0,
    fate: ({ name, n }) => (name === 'provider.submit' && n === 1 ? 'dies after' : null),
    plan: (fleet) => fleet.send(0, { taskId: 't1' }),
    seconds: 150,
  },
  {
    title: 'the worker dies between its claim and the paid call, while a copy of the message waits',
    script: solvedAfter(12),
    fate: ({ name, n }) => (name === 'provider.submit' && n === 1 ? 'dies before' : null),
    plan: (fleet) => {
      fleet.send(0, { taskId: 't1' })
      fleet.deliverAgain(1, 'tasks')
    },
    seconds: 160,
  },
  {
    title: 'a claim is not answered although it took place',
    script: solvedAfter(12),
    fate: ({ name, n }) => (name === 'tasks.claim' && n <= 3 ? 'unanswered' : null),
    plan: (fleet) => fleet.send(0, { taskId: 't1' }),
    seconds: 70,
  },
  {
    title: 'a claim is answered so late that the paid call has no time left',
    script: solvedAfter(12),
    fate: ({ name, n }) => (name === 'tasks.claim' && n === 1 ? { slow: 4.5 } : null),
    plan: (fleet) => fleet.send(0, { taskId: 't1' }),
    seconds: 70,
  },
  {
    title: 'the record of a paid submit is refused, so the first poll records it',
    script: solvedAfter(12),
    fate: ({ who, name }) => (who === 'submit-1' && name === 'tasks.submitted' ? 'refused' : null),
    plan: (fleet) => fleet.send(0, { taskId: 't1' }),
    seconds: 60,
  },
  {
    title: 'the record of a paid submit takes place and is not answered',
    script: solvedAfter(12),
    fate: ({ name, n }) => (name === 'tasks.submitted' && n <= 2 ? 'unanswered' : null),
    plan: (fleet) => fleet.send(0, { taskId: 't1' }),
    seconds: 60,
  },
  {
    title: 'the poll message of a paid task cannot be sent at first',
    script: solvedAfter(12),
    fate: ({ name, n }) => (name === 'send.polls' && n <= 3 ? 'refused' : null),
    plan: (fleet) => fleet.send(0, { taskId: 't1' }),
    seconds: 160,
  },
  {
    title: 'the poll message of a paid task is sent twice because its sending was not answered',
    script: solvedAfter(30),
    fate: ({ name, n }) => (name === 'send.polls' && n === 1 ? 'unanswered' : null),
    plan: (fleet) => fleet.send(0, { taskId: 't1' }),
    seconds: 160,
  },
  {
    title: 'a submit without an answer is bought once more, and the copy in the queue waits',
    script: {
      submit: (_, n) => (n === 0 ? { kind: 'loseCharged', afterSeconds: 20 } : { kind: 'accept', afterSeconds: 25 }),
    },
    plan: (fleet) => {
      fleet.send(0, { taskId: 't1' })
      fleet.deliverAgain(0.3, 'tasks')
    },
    seconds: 90,
  },
  {
    title: 'two submits without an answer exhaust the purchases',
    script: { submit: () => ({ kind: 'lose' }) },
    plan: (fleet) => fleet.send(0, { taskId: 't1', reply: 'both' }),
    seconds: 90,
  },
  {
    title: 'an HTTP error that was charged comes before a submit that is accepted',
    script: {
      submit: (_, n) => (n === 0 ? { kind: 'httpErrorCharged' } : { kind: 'accept', afterSeconds: 11 }),
    },
    plan: (fleet) => fleet.send(0, { taskId: 't1' }),
    seconds: 90,
  },
  {
    title: 'a second delivery meets the first one while it pays',
    script: solvedAfter(12),
    plan: (fleet) => {
      fleet.send(0, { taskId: 't1' })
      fleet.deliverAgain(0.2, 'tasks')
    },
    seconds: 60,
  },
  {
    title: 'a second delivery meets the poll message that the first one has sent',
    script: solvedAfter(31),
    fate: ({ name, n }) => (name === 'outcomes.write' && n === 1 ? 'dies before' : null),
    plan: (fleet) => {
      fleet.send(0, { taskId: 't1' })
      fleet.deliverAgain(5, 'tasks')
    },
    seconds: 60,
  },
  {
    title: 'a client sends one task three times, and once another one with its id',
    script: solvedAfter(80),
    plan: (fleet) => {
      fleet.send(0, { taskId: 't1' })
      fleet.send(0.2, { taskId: 't1' })
      fleet.send(20, { taskId: 't1' })
      fleet.send(70, { taskId: 't1' })
      fleet.send(75, { taskId: 't1', sitekey: 'another' })
    },
    seconds: 120,
  },
  {
    title: 'a task that was settled is sent again, once by its client and once by the queue',
    script: solvedAfter(5),
    fate: ({ name, n }) => (name === 'send.results' && n === 1 ? 'refused' : null),
    plan: (fleet) => {
      fleet.send(0, { taskId: 't1', reply: 'both' })
      fleet.send(40, { taskId: 't1', reply: 'both' })
      fleet.send(150, { taskId: 't1', reply: 'both' })
    },
    seconds: 180,
  },
  {
    title: 'the deadline passes while the task waits for a place',
    script: solvedAfter(50),
    maxInFlight: 1,
    plan: (fleet) => {
      fleet.send(0, { taskId: 'first' })
      fleet.send(1, { taskId: 'second', deadlineSeconds: 31 })
    },
    seconds: 70,
  },
  {
    title: 'the deadline passes in the hands of a worker that cannot reach the table',
    script: solvedAfter(50),
    fate: ({ name, n }) => (name === 'tasks.claim' && n <= 9 ? 'refused' : null),
    plan: (fleet) => fleet.send(0, { taskId: 't1', deadlineSeconds: 30 }),
    seconds: 70,
  },
  {
    title: 'an invalid task whose dead letter cannot be sent at first stands beside a good one',
    script: solvedAfter(12),
    fate: ({ name, n }) => (name === 'send.deadLetters' && n === 1 ? 'refused' : null),
    plan: (fleet) => {
      fleet.send(0, { taskId: 'bad', method: 'nonsense', deadlineSeconds: -1 })
      fleet.send(0, { taskId: 'good' })
    },
    seconds: 130,
  },
  {
    title: 'the admission item does not answer, so nothing is reserved',
    script: solvedAfter(12),
    fate: ({ name, n }) => (name === 'admission.write' && n === 1 ? 'unanswered' : null),
    plan: (fleet) => fleet.send(0, { taskId: 't1' }),
    seconds: 60,
  },
  {
    title: 'the outcome item of a submit is written by the third try',
    script: solvedAfter(12),
    fate: ({ name, n }) => (name === 'outcomes.write' && n <= 2 ? 'unanswered' : null),
    plan: (fleet) => fleet.send(0, { taskId: 't1' }),
    seconds: 40,
  },
]
