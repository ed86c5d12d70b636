import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { Mappings } from '../../local/engines/mappings.ts'
import { refuseAll } from '../../local/gateway/checker.ts'
import { runFunctions } from '../../local/run-functions.ts'
import { NO_LIMITS } from '../../local/settings/aws-limits.ts'
import { makeTeardown } from '../../local/support/teardown.ts'
import type { FunctionPlan, Plan } from '../../local/template/plan.ts'
import { mapping } from '../build/mapping.ts'
import { type Fate, startFaultyProxy } from '../engines/faulty-proxy.ts'
import { fakeFunction, folder, later, until } from './bundles.ts'
import { startRecorder } from './recorder.ts'
import { received, sqsInProcess } from './sqs-in-process.ts'

const OWN = { accessKeyId: 'ASIAOFSUBMIT', secretAccessKey: 'secret' }

/** A fleet of sweep and submit whose handlers are this JavaScript; `step` in them is one of the steps that are told. */
async function fleetOf(handlers: { sweep: string; submit: string }, more: Partial<FunctionPlan> = {}) {
  const steps: string[] = []
  const gate = join(folder(), 'gate')
  const messages = [{ Messages: [received('a')] }]
  const proxy = await startFaultyProxy('http://127.0.0.1:9')
  later(() => proxy.stop())
  proxy.fate = ({ call }): Fate => {
    if (call === 'ReceiveMessage' && messages.length === 0) return { kind: 'hang', head: false }
    steps.push(call)
    const body = JSON.stringify(call === 'ReceiveMessage' ? messages.shift() : {})
    return { kind: 'answer', status: 200, body, applied: false }
  }
  const passed = `const passed = async () => { while (!require('node:fs').existsSync(${JSON.stringify(gate)})) await sleep(5) };`
  const functions: FunctionPlan[] = (['sweep', 'submit'] as const).map((name) =>
    fakeFunction(`const step = console.log; ${passed} ${handlers[name]}`, { name, timeoutSeconds: 60, ...more }),
  )
  const source = { ...mapping, target: 'submit' as const, queueUrl: `${proxy.endpoint}/0/tasks` }
  const plan: Plan = {
    ...{ queues: [], tables: [], urls: [], outputs: {}, functions, mappings: [source] },
    schedules: [{ target: 'sweep', everySeconds: 3600 }],
  }
  const teardown = makeTeardown()
  later(() => teardown.run())
  teardown.add(() => steps.push('the engines are stopped'))
  const recorder = await startRecorder(proxy.endpoint)
  const gateway = {
    url: recorder.url,
    credentials: { submit: OWN },
    check: refuseAll,
    report: () => [],
    stop: async () => {},
  }
  const sink = {
    line: (name: string, text: string) => void steps.push(`${name} ${text}`),
    say: (name: string, text: string) => void steps.push(`${name}: ${text}`),
    close: async () => {},
  }
  const mappings = new Mappings(join(folder(), 'mappings.json'), plan.mappings)
  const { client: own } = sqsInProcess(() => ({}))
  const running = runFunctions(plan, { gateway, mappings, own }, { limits: NO_LIMITS, sink, teardown })
  return { steps, running, teardown, signed: recorder.authorizations, pass: () => writeFileSync(gate, '') }
}
const turns = async () => {
  for (let n = 0; n < 50; n += 1) await new Promise(setImmediate)
}

it('nothing is received before the first sweep is over; a stop lets what runs end and deletes it, and takes the rest down after that', async () => {
  const { steps, running, teardown, signed, pass } = await fleetOf({
    sweep: "step('sweeps'); await passed(); step('swept')",
    submit: "step('begins'); await sleep(200); step('ends')",
  })
  await until('it sweeps', () => steps.length > 0)
  await turns()
  expect(steps).toEqual(['sweep sweeps'])
  pass()
  const pools = await running
  expect(Object.keys(pools).toSorted()).toEqual(['submit', 'sweep'])
  await until('submit runs', () => steps.includes('submit begins'))
  expect(steps).toEqual(['sweep sweeps', 'sweep swept', 'ReceiveMessage', 'submit begins'])
  await teardown.run()
  expect(steps.slice(4, 6).toSorted()).toEqual(['DeleteMessageBatch', 'submit ends'])
  expect(steps.slice(6)).toEqual(['the engines are stopped'])
  expect(await pools.sweep?.invoke({})).toEqual({ kind: 'refused' })
  expect(signed.length).toBeGreaterThan(1)
  for (const one of signed) expect(one).toContain('Credential=ASIAOFSUBMIT/')
  expect(steps).toHaveLength(7)
})

it('a stop waits 2.5 s for what runs, and then ends it: nothing of it is deleted', async () => {
  const { steps, running, teardown } = await fleetOf({
    sweep: '',
    submit: "step('begins'); await sleep(60_000)",
  })
  await running
  await until('submit runs', () => steps.includes('submit begins'))
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const stopped = teardown.run()
  await turns()
  await vi.advanceTimersByTimeAsync(2499)
  await turns()
  expect(steps).toEqual(['ReceiveMessage', 'submit begins'])
  await vi.advanceTimersByTimeAsync(1)
  await stopped
  const ended = 'submit: execution environment ended: the execution environment ended'
  expect(steps.slice(2)).toEqual([ended, 'the engines are stopped'])
})

it('a fleet with a function that cannot be loaded does not start: nothing is swept and nothing received', async () => {
  const { steps, running, teardown } = await fleetOf({ sweep: "step('sweeps')", submit: '' }, { handler: 'absent' })
  await expect(running).rejects.toThrow(/cannot be loaded: .*no function absent/)
  await teardown.run()
  expect(steps).toEqual(['the engines are stopped'])
})
