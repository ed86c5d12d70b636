import type { Scenario } from '../scenario.ts'
import { accepted, NO_SLOT, SUBMIT_FAILS, WRONG_KEY, ZERO_BALANCE } from './answers.ts'

/** Breaker, hold, spend limit, places and the second provider. */
export const limitScenarios: Scenario[] = [
  {
    title: 'the provider has no slot, and tasks wait until the hold is over',
    script: { submit: (_, n) => (n < 2 ? NO_SLOT : accepted(11)) },
    plan: (fleet) => {
      fleet.send(0, { taskId: 'a' })
      fleet.send(0, { taskId: 'b' })
      fleet.send(4, { taskId: 'c', priority: 'critical' })
    },
    seconds: 100,
  },
  {
    title: 'the breaker opens after failures, one probe closes it, and the tasks that waited have turns',
    script: { submit: (_, n) => (n < 6 ? SUBMIT_FAILS : accepted(11)) },
    plan: (fleet) => {
      for (let n = 0; n < 7; n += 1) fleet.send(n / 2, { taskId: `t${n}` })
      for (const second of [20, 80, 140]) fleet.sweep(second)
    },
    seconds: 170,
  },
  {
    title: 'the first provider has no funds, and the tasks go to the second one',
    script: { submit: () => ZERO_BALANCE, balance: () => ({ kind: 'balance', value: 0, ms: 33 }) },
    backup: { submit: () => accepted(11) },
    plan: (fleet) => {
      fleet.send(0, { taskId: 'a' })
      fleet.send(20, { taskId: 'b' })
      for (const second of [10, 70]) fleet.sweep(second)
    },
    seconds: 100,
  },
  {
    title: 'the first attempt of a task is lost at one provider, and the second one is bought at the other',
    script: { submit: () => ({ kind: 'loseCharged', afterSeconds: 12 }) },
    backup: { submit: () => accepted(60) },
    pingback: true,
    plan: (fleet) => {
      for (let n = 0; n < 3; n += 1) fleet.send(0, { taskId: `t${n}` })
      fleet.callBack(50, 0)
      fleet.callBack(51, 2)
      for (const second of [20, 80]) fleet.sweep(second)
    },
    seconds: 140,
  },
  {
    title: 'the key is refused, and accepted again after somebody stored a good one',
    script: { submit: (_, n) => (n < 2 ? WRONG_KEY : accepted(11)) },
    plan: (fleet) => {
      fleet.send(0, { taskId: 'a' })
      fleet.send(3, { taskId: 'b' })
      fleet.sweep(30)
    },
    seconds: 130,
  },
  {
    title: 'the limit of an hour is spent by two tasks, one of which was not charged',
    script: { submit: (_, n) => (n === 1 ? NO_SLOT : accepted(11)) },
    spendPerHour: 2,
    plan: (fleet) => {
      for (const id of ['a', 'b', 'c', 'd']) fleet.send(0, { taskId: id })
      fleet.sweep(30)
    },
    seconds: 120,
  },
  {
    title: 'twelve tasks come in two batches that reserve places at the same time',
    script: { submit: (_, n) => accepted(6 + n) },
    maxInFlight: 8,
    plan: (fleet) => {
      for (let n = 0; n < 12; n += 1) {
        fleet.send(0, { taskId: `t${n}`, deadlineSeconds: 120 + 7 * n, priority: ['low', 'normal', 'critical'][n % 3] })
      }
    },
    seconds: 80,
  },
]
