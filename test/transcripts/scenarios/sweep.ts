import type { Scenario } from '../scenario.ts'
import { accepted, solvedAfter, UNSOLVABLE } from './answers.ts'

/** What the sweep makes of the fleet, and what happens when its own calls fail. */
export const sweepScenarios: Scenario[] = [
  {
    title: 'a new fleet is swept, solves a task, and is swept again',
    script: solvedAfter(17),
    plan: (fleet) => {
      fleet.sweep(1)
      fleet.send(5, { taskId: 't1' })
      fleet.sweep(61)
    },
    seconds: 70,
  },
  {
    title: 'two sweeps overlap, and the one that is overtaken changes nothing',
    script: solvedAfter(17),
    plan: (fleet) => {
      fleet.send(0, { taskId: 't1' })
      fleet.sweep(30)
      fleet.sweep(30.01)
    },
    seconds: 40,
  },
  {
    title: 'the account call is lost twice, then the balance is low, then it is good',
    script: {
      balance: (() => {
        let n = 0
        return () => {
          n += 1
          if (n <= 2)
            return {
              kind: 'failed',
              failure: { class: 'transient', code: 'TIMEOUT', message: 'no answer' },
              ms: 9000,
            } as const
          return { kind: 'balance', value: n === 3 ? 0.4 : 30, ms: 41 } as const
        }
      })(),
    },
    plan: (fleet) => {
      for (let n = 0; n < 8; n += 1) fleet.sweep(1 + 60 * n)
    },
    seconds: 440,
  },
  {
    title: 'the record is written and not answered, then the metrics are refused, then the admission item',
    script: solvedAfter(17),
    fate: ({ name, n }) => {
      if (name === 'record.write' && n === 1) return 'unanswered'
      if (name === 'metrics' && n === 1) return 'refused'
      return name === 'admission.write' && n === 4 ? 'refused' : null
    },
    plan: (fleet) => {
      fleet.send(0, { taskId: 't1' })
      for (const second of [30, 90, 150, 210]) fleet.sweep(second)
    },
    seconds: 220,
  },
  {
    title: 'tasks fail one after the other until the fleet is not ready, and one solve later it is ready',
    script: {
      submit: (_, n) => (n < 6 ? { kind: 'accept', afterSeconds: 7, answer: UNSOLVABLE } : accepted(7)),
    },
    sweep: { streakFailures: 3 },
    plan: (fleet) => {
      for (let n = 0; n < 3; n += 1) fleet.send(3 * n, { taskId: `t${n}` })
      fleet.send(80, { taskId: 'good' })
      for (const second of [60, 120, 180]) fleet.sweep(second)
    },
    seconds: 190,
  },
]
