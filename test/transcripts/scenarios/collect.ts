import type { Scenario } from '../scenario.ts'
import { LOST_ID, POLL_FAILS, solvedAfter, UNSOLVABLE } from './answers.ts'

/** What can become of a task that is paid for. */
export const collectScenarios: Scenario[] = [
  {
    title: 'polls that fail come later and later, and the solution is found after them',
    script: { ...solvedAfter(20), result: (_, __, n) => (n < 5 ? POLL_FAILS : null) },
    plan: (fleet) => fleet.send(0, { taskId: 't1' }),
    seconds: 150,
  },
  {
    title: 'a task that nobody could solve is bought again, and then fails',
    script: { ...solvedAfter(20), result: (_, __, n) => (n % 2 === 1 ? UNSOLVABLE : { kind: 'pending' }) },
    plan: (fleet) => fleet.send(0, { taskId: 't1', reply: 'both' }),
    seconds: 160,
  },
  {
    title: 'a captcha id that the provider has lost is bought again and solved',
    script: { ...solvedAfter(20), result: (_, __, n) => (n === 0 ? LOST_ID : null) },
    plan: (fleet) => fleet.send(0, { taskId: 't1' }),
    seconds: 90,
  },
  {
    title: 'two copies of a poll message find the task unsolvable at the same time',
    script: { ...solvedAfter(20), result: (_, __, n) => (n < 2 ? UNSOLVABLE : null) },
    plan: (fleet) => {
      fleet.send(0, { taskId: 't1' })
      fleet.deliverAgain(15.7, 'polls')
    },
    seconds: 90,
  },
  {
    title: 'two copies of a poll message find the solution at the same time',
    script: solvedAfter(10),
    plan: (fleet) => {
      fleet.send(0, { taskId: 't1' })
      fleet.deliverAgain(15.7, 'polls')
    },
    seconds: 130,
  },
  {
    title: 'the worker dies after it has settled a task, so another one sends the result and counts it',
    script: solvedAfter(10),
    fate: ({ name, n }) => (name === 'tasks.settle' && n === 1 ? 'dies after' : null),
    plan: (fleet) => fleet.send(0, { taskId: 't1' }),
    seconds: 180,
  },
  {
    title: 'the worker dies after it has sent the result and before it is counted',
    script: solvedAfter(10),
    fate: ({ who, name }) => (who === 'collect-1' && name === 'outcomes.write' ? 'dies before' : null),
    plan: (fleet) => fleet.send(0, { taskId: 't1' }),
    seconds: 180,
  },
  {
    title: 'the settlement takes place and is not answered',
    script: solvedAfter(10),
    fate: ({ name, n }) => (name === 'tasks.settle' && n <= 2 ? 'unanswered' : null),
    plan: (fleet) => fleet.send(0, { taskId: 't1' }),
    seconds: 130,
  },
  {
    title: 'the settlement is refused until its invocation has no time left',
    script: solvedAfter(10),
    fate: ({ who, name }) => (who === 'collect-1' && name === 'tasks.settle' ? 'refused' : null),
    plan: (fleet) => {
      fleet.send(0, { taskId: 't1' })
      fleet.deliverAgain(30, 'polls')
    },
    seconds: 180,
  },
  {
    title: 'the result cannot be sent three times, while its deadline passes',
    script: solvedAfter(10),
    fate: ({ name, n }) => (name === 'send.results' && n <= 3 ? 'refused' : null),
    plan: (fleet) => fleet.send(0, { taskId: 't1', deadlineSeconds: 30, reply: 'both' }),
    seconds: 190,
  },
  {
    title: 'the deadline passes in flight, and the solution comes late',
    script: solvedAfter(38),
    plan: (fleet) => fleet.send(0, { taskId: 't1', deadlineSeconds: 33 }),
    seconds: 90,
  },
  {
    title: 'a lost attempt solves the task while the second one is under way',
    script: {
      submit: (_, n) => (n === 0 ? { kind: 'loseCharged', afterSeconds: 8 } : { kind: 'accept', afterSeconds: 70 }),
    },
    pingback: true,
    plan: (fleet) => {
      fleet.send(0, { taskId: 't1' })
      fleet.callBack(40, 0)
    },
    seconds: 120,
  },
  {
    title: 'three tasks share a batch: one is solved, one pends, and one poll has no answer in time',
    script: {
      submit: (_, n) => ({ kind: 'accept', afterSeconds: [7, 60, 9][n] ?? 12 }),
      result: (id, _, n) => (id.endsWith('2') && n < 3 ? POLL_FAILS : null),
    },
    plan: (fleet) => {
      fleet.send(0, { taskId: 'a' })
      fleet.send(0, { taskId: 'b', reply: 'both' })
      fleet.send(0, { taskId: 'c', deadlineSeconds: 120 })
    },
    seconds: 75,
  },
  {
    title: 'a task is slow, and the hiding of its poll message fails',
    script: solvedAfter(130),
    fate: ({ name, n }) => (name === 'extend' && n === 3 ? 'refused' : null),
    plan: (fleet) => fleet.send(0, { taskId: 't1' }),
    seconds: 170,
  },
  {
    title: 'a poll takes so long that its invocation is killed',
    script: solvedAfter(10),
    fate: ({ name, n }) => (name === 'provider.result' && n === 1 ? { slow: 25 } : null),
    plan: (fleet) => fleet.send(0, { taskId: 't1' }),
    seconds: 180,
  },
  {
    title: 'the report of a settled task is not answered, so its place stays taken until a sweep',
    script: solvedAfter(10),
    fate: ({ who, name }) => (who === 'collect-1' && name === 'admission.write' ? 'unanswered' : null),
    plan: (fleet) => {
      fleet.send(0, { taskId: 't1' })
      for (const second of [60, 120, 180]) fleet.sweep(second)
    },
    seconds: 190,
  },
]
