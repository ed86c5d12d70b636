import type { Scenario } from '../scenario.ts'
import { accepted, NO_SLOT, solvedAfter, UNSOLVABLE } from './answers.ts'

/** Scenarios in which every call in turn fails. */
export const failingScenarios: Scenario[] = [
  {
    title: 'one task is solved at its second poll',
    script: solvedAfter(17),
    plan: (fleet) => fleet.send(0, { taskId: 't1' }),
    seconds: 260,
  },
  {
    title: 'a callback comes just before the first poll, and the poll message is delivered twice',
    script: solvedAfter(9),
    pingback: true,
    plan: (fleet) => {
      fleet.send(0, { taskId: 't1', reply: 'both' })
      fleet.callBack(15.4, 0)
      fleet.deliverAgain(15.7, 'polls')
    },
    seconds: 260,
  },
  {
    title: 'a submit without an answer, a second purchase, and a callback of the first',
    script: { submit: (_, n) => (n === 0 ? { kind: 'loseCharged', afterSeconds: 4 } : accepted(40)) },
    pingback: true,
    plan: (fleet) => {
      fleet.send(0, { taskId: 't1' })
      fleet.callBack(30, 0)
    },
    seconds: 260,
  },
  {
    title: 'a task is unsolvable once while a second one waits for its place until its deadline',
    script: { submit: (_, n) => (n === 0 ? { kind: 'accept', afterSeconds: 9, answer: UNSOLVABLE } : accepted(8)) },
    maxInFlight: 1,
    plan: (fleet) => {
      fleet.send(0, { taskId: 'a' })
      fleet.send(0.1, { taskId: 'b', deadlineSeconds: 34 })
    },
    seconds: 260,
  },
  {
    title: 'the provider has no slot for one of two tasks, and a sweep comes',
    script: { submit: (_, n) => (n === 1 ? NO_SLOT : accepted(13)) },
    backup: { submit: () => accepted(21) },
    spendPerHour: 3,
    plan: (fleet) => {
      fleet.send(0, { taskId: 'a', priority: 'critical' })
      fleet.send(0, { taskId: 'b', deadlineSeconds: 60 })
      fleet.sweep(40)
      fleet.sweep(100)
    },
    seconds: 260,
  },
]
