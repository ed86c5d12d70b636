import type { RecordedFleet } from '../recorded-fleet.ts'
import type { Scenario } from '../scenario.ts'
import { accepted, SUBMIT_FAILS, UNSOLVABLE, WRONG_KEY } from './answers.ts'

const every = (seconds: number, from: number, until: number, act: (second: number, n: number) => void): void => {
  for (let n = 0; from + n * seconds < until; n += 1) act(from + n * seconds, n)
}
const sweeps = (fleet: RecordedFleet, until: number) => every(60, 31, until, (second) => fleet.sweep(second))

/** Longer scenarios, of which the sweeps are told. */
export const dayScenarios: Scenario[] = [
  {
    title: 'the first provider is down for five minutes, and the fleet goes to the second one and comes back',
    onlySweeps: true,
    script: (second) => {
      const isDown = () => second() >= 60 && second() < 360
      const failure = { class: 'transient', code: 'TIMEOUT', message: 'no answer' } as const
      return {
        submit: () => (isDown() ? SUBMIT_FAILS : accepted(14)),
        balance: () => (isDown() ? { kind: 'failed', failure, ms: 9000 } : { kind: 'balance', value: 30, ms: 41 }),
      }
    },
    backup: { submit: () => accepted(19) },
    plan: (fleet) => {
      every(7, 0, 900, (second, n) => fleet.send(second, { taskId: `t${n}` }))
      sweeps(fleet, 960)
    },
    seconds: 960,
  },
  {
    title: 'the key is refused for seven minutes, the gate shuts, and a good key opens it',
    onlySweeps: true,
    script: (second) => {
      const isRefused = () => second() >= 90 && second() < 510
      const failure = { class: 'auth', code: 'ERROR_KEY_DOES_NOT_EXIST', message: 'no such key' } as const
      return {
        submit: () => (isRefused() ? WRONG_KEY : accepted(14)),
        balance: () => (isRefused() ? { kind: 'failed', failure, ms: 44 } : { kind: 'balance', value: 30, ms: 41 }),
      }
    },
    plan: (fleet) => {
      every(11, 0, 800, (second, n) => fleet.send(second, { taskId: `t${n}`, deadlineSeconds: 120 }))
      sweeps(fleet, 900)
    },
    seconds: 900,
  },
  {
    title: 'the limit of an hour is spent shortly before the hour ends',
    onlySweeps: true,
    spendPerHour: 9,
    sweep: { spendPerHour: 9 },
    script: { submit: () => accepted(14) },
    plan: (fleet) => {
      every(23, 1300, 1700, (second, n) => fleet.send(second, { taskId: `t${n}`, deadlineSeconds: 200 }))
      every(60, 1291, 1760, (second) => fleet.sweep(second))
    },
    seconds: 1760,
  },
  {
    title: 'every worker dies after it has paid, while tasks wait',
    onlySweeps: true,
    fate: ({ name, n }) => (name === 'provider.submit' && n > 2 && n < 40 ? 'dies after' : null),
    script: { submit: () => accepted(14) },
    plan: (fleet) => {
      every(17, 0, 500, (second, n) => fleet.send(second, { taskId: `t${n}`, deadlineSeconds: 240 }))
      sweeps(fleet, 720)
    },
    seconds: 720,
  },
  {
    title: 'tasks come faster than they find a place, until the queue is full',
    onlySweeps: true,
    maxInFlight: 3,
    script: { submit: () => accepted(14) },
    sweep: { degradedQueueDepth: 6, queueCapacity: 20, stalledSeconds: 100 },
    plan: (fleet) => {
      every(5, 40, 220, (second, n) => fleet.send(second, { taskId: `t${n}`, deadlineSeconds: 150 }))
      sweeps(fleet, 660)
    },
    seconds: 660,
  },
  {
    title: 'a third, then most of the tasks fail, and then all are solved',
    onlySweeps: true,
    script: (second) => ({
      submit: (_, n) => {
        const failing = second() < 200 ? n % 3 === 0 : second() < 400 && n % 4 !== 0
        return failing ? { kind: 'accept', afterSeconds: 8, answer: UNSOLVABLE } : accepted(11)
      },
    }),
    plan: (fleet) => {
      every(4, 0, 700, (second, n) => fleet.send(second, { taskId: `t${n}` }))
      sweeps(fleet, 960)
    },
    seconds: 960,
  },
]
