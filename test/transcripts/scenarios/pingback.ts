import type { Scenario } from '../scenario.ts'
import { POLL_FAILS, solvedAfter, UNSOLVABLE } from './answers.ts'

const common = { script: solvedAfter(9), pingback: true } as const

/** What a provider's callback does, alone and beside the polls. */
export const pingbackScenarios: Scenario[] = [
  {
    title: 'a callback solves the task, and the first poll finds that',
    ...common,
    plan: (fleet) => {
      fleet.send(0, { taskId: 't1', reply: 'both' })
      fleet.callBack(10, 0)
    },
    seconds: 120,
  },
  {
    title: 'a callback comes too early, twice for another captcha id, and then in time',
    ...common,
    plan: (fleet) => {
      fleet.send(0, { taskId: 't1' })
      fleet.callBack(4, 0)
      fleet.callBack(5, 0, '7000000005')
      fleet.callBack(6, 0, '7000000005')
      fleet.callBack(12, 0)
      fleet.callBack(13, 0)
    },
    seconds: 110,
  },
  {
    title: 'a callback and a poll find the solution at the same time',
    ...common,
    plan: (fleet) => {
      fleet.send(0, { taskId: 't1' })
      fleet.callBack(15.55, 0)
    },
    seconds: 110,
  },
  {
    title: 'a callback comes before the submit is recorded',
    ...common,
    script: solvedAfter(0),
    fate: ({ who, name }) => (who === 'submit-1' && name === 'tasks.submitted' ? 'refused' : null),
    plan: (fleet) => {
      fleet.send(0, { taskId: 't1' })
      fleet.callBack(0.6, 0)
    },
    seconds: 110,
  },
  {
    title: 'the pingback function dies after it has settled the task',
    ...common,
    fate: ({ name, n }) => (name === 'tasks.settle' && n === 1 ? 'dies after' : null),
    plan: (fleet) => {
      fleet.send(0, { taskId: 't1' })
      fleet.callBack(10, 0)
    },
    seconds: 200,
  },
  {
    title: 'the result of a callback cannot be sent, so the next poll sends it',
    ...common,
    fate: ({ who, name }) => (who === 'pingback-1' && name === 'send.results' ? 'refused' : null),
    plan: (fleet) => {
      fleet.send(0, { taskId: 't1' })
      fleet.callBack(10, 0)
    },
    seconds: 120,
  },
  {
    title: 'the result of a callback cannot be sent, nor can it be handed over',
    ...common,
    fate: ({ who, name }) =>
      who === 'pingback-1' && (name === 'send.results' || name === 'tasks.transferAccounting') ? 'refused' : null,
    plan: (fleet) => {
      fleet.send(0, { taskId: 't1' })
      fleet.callBack(10, 0)
    },
    seconds: 200,
  },
  {
    title: 'the settlement of a callback takes place and is not answered',
    ...common,
    fate: ({ who, name, n }) => (who === 'pingback-1' && name === 'tasks.settle' && n < 3 ? 'unanswered' : null),
    plan: (fleet) => {
      fleet.send(0, { taskId: 't1' })
      fleet.callBack(10, 0)
    },
    seconds: 120,
  },
  {
    title: 'the provider is called back by a task that it cannot solve',
    pingback: true,
    script: {
      submit: () => ({
        kind: 'accept',
        afterSeconds: 9,
        answer: UNSOLVABLE,
      }),
    },
    plan: (fleet) => {
      fleet.send(0, { taskId: 't1' })
      fleet.callBack(10, 0)
    },
    seconds: 60,
  },
  {
    title: 'a callback of a submit whose answer was lost solves the task before it is bought again',
    pingback: true,
    script: { submit: () => ({ kind: 'loseCharged', afterSeconds: 5 }) },
    plan: (fleet) => {
      fleet.send(0, { taskId: 't1' })
      fleet.callBack(1.2, 0)
      fleet.callBack(7, 0)
    },
    seconds: 100,
  },
  {
    title: 'the poll of a callback has no answer, and the outcome of the callback is written by the second try',
    pingback: true,
    script: {
      ...solvedAfter(9),
      result: (_, __, n) => (n === 0 ? POLL_FAILS : null),
    },
    fate: ({ who, name }) => (who === 'pingback-1' && name === 'tasks.read' ? 'refused' : null),
    plan: (fleet) => {
      fleet.send(0, { taskId: 't1' })
      fleet.callBack(10, 0)
      fleet.callBack(11, 0)
    },
    seconds: 70,
  },
]
