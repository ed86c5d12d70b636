import { describe, expect, it } from 'vitest'
import { pollMessageOf } from '../../functions/core/message/poll-message.ts'
import type { Provider } from '../../functions/core/ports.ts'
import type { ResultAnswer } from '../../functions/core/provider/answers.ts'
import { observationOf } from '../../functions/core/provider/observation.ts'
import { factsOf } from '../../functions/core/task/task.ts'
import { pollOnCallback, pollTask } from '../../functions/worker/poll-task.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import { memoryLog } from '../../sim/memory/log.ts'
import { memoryProvider } from '../../sim/memory/provider.ts'
import { memoryTaskStore } from '../../sim/memory/task-store.ts'
import { claimedItem, expiredItem } from '../stores/builders.ts'

const submit = { state: 'submitted', provider: 'captchaai', captchaId: '123', submittedAt: NOON - 9000 } as const
const submitted = { ...factsOf(claimedItem()), ...submit, charges: 1 }
const ME = { id: 'invocation-2', endsAt: NOON + 60_000 }
const solved: ResultAnswer = { kind: 'solved', solution: 'token' }
const failed = { kind: 'failed', failure: { class: 'task', code: 'ERROR_PAGEURL', message: 'No.' } } as const

/** A worker whose provider takes 250 ms to say this of a submitted task. */
function worker(answer: ResultAnswer, providerName = 'captchaai') {
  const clock = memoryClock(NOON, { skip: true })
  const { log, lines } = memoryLog()
  const tasks = memoryTaskStore(() => clock.now())
  tasks.items.set('task-1', submitted)
  const provider: Provider = {
    ...memoryProvider(() => clock.now(), {}, { name: providerName }),
    async result() {
      await clock.sleep(250)
      return answer
    },
  }
  const accountingOwner = {
    takeOver: async () => ({ taken: false }),
    mayStillReport: () => false,
    hasReportedCallback: async () => false,
  }
  const ports = { tasks, clock, log, accountingOwner, providers: [provider], pollSeconds: null, slowSeconds: 90 }
  return { ports, lines, tasks }
}
const poll = pollMessageOf(submitted, 'the task', true)

describe('a poll', () => {
  it('is timed from before the provider is asked to its answer', async () => {
    const { ports, lines } = worker({ kind: 'pending' })
    const { events, observations } = await pollTask(ports, poll, NOON, ME)
    expect(lines).toMatchObject([{ level: 'debug', message: 'pending', fields: { milliseconds: 250 } }])
    expect(events).toEqual([{ kind: 'polled', at: NOON + 250 }])
    expect(observations).toEqual([observationOf('captchaai', 'result', null, NOON + 250)])
  })

  it('that fails tells the fleet of the failure', async () => {
    const { observations } = await pollTask(worker(failed).ports, poll, NOON, ME)
    const { message: _, ...failure } = failed.failure
    expect(observations).toEqual([observationOf('captchaai', 'result', failure, NOON + 250)])
  })

  it.each([
    ['its message', 3, null, 3],
    ['its message rather than the setting', 3, 7, 3],
    ['the setting where its message says nothing', undefined, 7, 7],
    ['its method where neither does', undefined, null, 5],
  ])('is made again after the interval of %s', async (_, intervalSeconds, pollSeconds, seconds) => {
    const { ports } = worker({ kind: 'pending' })
    const { disposition } = await pollTask({ ...ports, pollSeconds }, { ...poll, intervalSeconds }, NOON, ME)
    expect(disposition).toEqual({ kind: 'pollAgain', seconds, isPending: true })
  })

  it('of a task that may be called back about asks its provider although the table does not have the task', async () => {
    const { ports, tasks } = worker({ kind: 'pending' })
    tasks.items.clear()
    const { disposition } = await pollTask(ports, { ...poll, callback: true }, NOON, ME)
    expect(disposition).toMatchObject({ kind: 'pollAgain', isPending: true })
  })

  it('of a provider that is not configured any more asks nobody and is made again, for the provider may come back', async () => {
    const { ports, lines, tasks } = worker(solved, 'twocaptcha')
    expect((await pollTask(ports, poll, NOON, ME)).disposition).toEqual({
      ...{ kind: 'pollAgain', seconds: 10, isPending: false, while: 'NO_SUCH_PROVIDER from captchaai' },
    })
    expect(lines).toMatchObject([{ message: 'poll failed', fields: { code: 'NO_SUCH_PROVIDER', next: 'pollAgain' } }])
    expect(tasks.items.get('task-1')).toBe(submitted)
  })

  it.each([
    ['nobody where a callback settled the task and has reported that', true, true, false],
    ['its provider where the callback may have crashed', true, false, true],
    ['its provider where no callback was asked for: the table is not read', undefined, true, true],
  ])('asks %s', async (_, callback, hasReported, isAsked) => {
    const { ports, tasks } = worker({ kind: 'pending' })
    tasks.items.set('task-1', expiredItem())
    const reads: string[] = []
    const read = (taskId: string) => {
      reads.push(taskId)
      return ports.tasks.read(taskId)
    }
    const accountingOwner = { ...ports.accountingOwner, hasReportedCallback: async () => hasReported }
    const fleet = { ...ports, tasks: { ...ports.tasks, read }, accountingOwner }
    const { disposition, events } = await pollTask(fleet, { ...poll, callback }, NOON, ME)
    expect([reads.length, ports.clock.now() - NOON]).toEqual([callback ? 1 : 0, isAsked ? 250 : 0])
    expect([disposition.kind, events.length]).toEqual(isAsked ? ['pollAgain', 1] : ['ack', 0])
  })

  it('whose settlement meets a task that changed twice meanwhile is made again after a second', async () => {
    const { ports } = worker(solved)
    const found = { ...submitted, attempt: 'another', lost: [{ attempt: submitted.attempt }] }
    const tasks = { ...ports.tasks, apply: async () => ({ kind: 'refused', found }) as const }
    const { disposition, events } = await pollTask({ ...ports, tasks }, poll, NOON, ME)
    expect(disposition).toMatchObject({ kind: 'pollAgain', seconds: 1, isPending: false })
    expect(events).toEqual([{ kind: 'polled', at: NOON + 250 }])
  })
})

describe('a poll that a callback asked for', () => {
  it('settles the task by a solution, for which the callback is accountable; the solver was done when it came', async () => {
    const { ports, tasks } = worker(solved)
    expect(await pollOnCallback(ports, poll, NOON - 9000, ME)).toMatchObject({
      events: [{ kind: 'solved', seconds: 9 }],
    })
    expect(tasks.items.get('task-1')).toMatchObject({ state: 'solved', accounting: { via: 'callback' } })
  })

  it.each([
    ['a failure for good', failed, 'captchaai'],
    ['an answer that it is pending', { kind: 'pending' }, 'captchaai'],
    ['no answer, because its provider is not configured', solved, 'twocaptcha'],
  ] as const)('leaves %s to the poll message', async (_, answer, provider) => {
    const { ports, tasks } = worker(answer, provider)
    expect(await pollOnCallback(ports, poll, NOON, ME)).toBeNull()
    expect(tasks.items.get('task-1')).toBe(submitted)
  })
})
