import { expect, test } from 'vitest'
import type { TaskStore } from '../../functions/core/ports.ts'
import { recaptcha, smallFleet } from '../small-fleet.ts'

const TASKS = 100

/** Requests to the table for so many tasks that come so many at a time, all of which the provider solves. */
async function requestsPerTask(batch: number) {
  const requests = { tasks: 0, taskReads: 0, outcomes: 0 }
  const fleet = smallFleet({
    maxInFlight: TASKS,
    tasks: (real): TaskStore => ({
      ...real,
      read: (id) => {
        requests.taskReads += 1
        return real.read(id)
      },
      apply: (...given) => {
        requests.tasks += 1
        return real.apply(...given)
      },
    }),
    outcomes: (real) => ({
      ...real,
      write: (item) => {
        requests.outcomes += 1
        return real.write(item)
      },
    }),
  })
  // The first batch of an environment reads the item once, which is no cost of a task.
  fleet.send(recaptcha({ taskId: 'first' }))
  await fleet.drain()
  const before = { writes: fleet.admission.writes(), reads: fleet.admission.reads(), ...requests }
  for (let n = 0; n < TASKS; n += batch) {
    for (let of = 0; of < batch; of += 1) fleet.send(recaptcha({ taskId: `t-${n + of}` }))
    await fleet.drain()
  }
  expect(fleet.results()).toHaveLength(TASKS + 1)
  const each = (now: number, then: number) => (now - then) / TASKS
  return {
    admissionWrites: each(fleet.admission.writes(), before.writes),
    admissionReads: each(fleet.admission.reads(), before.reads),
    taskWrites: each(requests.tasks, before.tasks),
    taskReads: each(requests.taskReads, before.taskReads),
    outcomeWrites: each(requests.outcomes, before.outcomes),
  }
}

test('the admission item costs two writes a task that comes alone and 0.2 in batches of ten, and no read; its outcome items and the three writes of a task are beside that', async () => {
  const [one, ten] = [await requestsPerTask(1), await requestsPerTask(10)]

  expect(one).toMatchObject({ admissionWrites: 2, admissionReads: 0, taskWrites: 3, taskReads: 0 })
  expect(ten).toMatchObject({ admissionWrites: 0.2, admissionReads: 0, taskWrites: 3, taskReads: 0 })
})
