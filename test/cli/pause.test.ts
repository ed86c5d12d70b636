import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { callerOf } from '../../bin/commands/fleet/caller.ts'
import { changePause } from '../../bin/commands/pausing/change-pause.ts'
import { makeAdmissionStore } from '../../functions/adapters/dynamodb/admission-store.ts'
import type { Pause } from '../../functions/core/admission/item/admission.ts'
import { initialAdmission } from '../../functions/core/admission/item/initial.ts'
import { PAUSE_CHARACTERS, pauseChange } from '../../functions/core/admission/steps/pause.ts'
import type { AdmissionStore } from '../../functions/core/ports.ts'
import { memoryAdmissionStore } from '../../sim/memory/admission-store.ts'
import { NOON } from '../../sim/memory/clock.ts'
import { dynaliteEngine } from '../engines/dynalite.ts'
import type { RunningEngine } from '../engines/engine.ts'
import { createTable } from '../stores/table.ts'
import { lifesign } from './scripted-fleet.ts'

let engine: RunningEngine
let client: DynamoDBClient
let store: AdmissionStore
beforeEach(async () => {
  engine = await dynaliteEngine.start()
  client = (await createTable(engine.endpoint, { tableName: 'lifesign' })).client
  store = makeAdmissionStore({ client, tableName: 'lifesign' })
})
afterEach(async () => {
  client.destroy()
  await engine.stop()
})

const run = (...args: string[]) => lifesign(args, { dynamodbPort: Number(new URL(engine.endpoint).port) })
const stored = async () => {
  const reading = await store.read()
  if (reading.kind !== 'admission') throw new Error(reading.kind)
  return reading.admission
}
const create = () => store.create(initialAdmission(['captchaai']))

describe('lifesign pause', () => {
  test('writes who, when and why, and nothing else of the item', async () => {
    await create()
    await store.write({ add: { inFlight: 7 } })
    const before = Date.now()
    const { code, out, err } = await run('pause', '--reason', ' the provider moves house ')
    const { counts, control } = await stored()
    expect({ code, out, err }).toEqual({
      code: 0,
      out: ['the local fleet is paused: no further task is paid for, and waiting tasks stay in the queue'],
      err: ['to end it: npx lifesign resume'],
    })
    expect(control).toEqual({ ...initialAdmission(['captchaai']).control, pause: control.pause })
    expect(counts).toEqual({ inFlight: 7 })
    const { by = '', at = 0, reason } = control.pause ?? {}
    expect(reason).toBe('the provider moves house')
    expect(by).toMatch(/^\S+$/)
    expect(at).toBeGreaterThanOrEqual(before)
    expect(at).toBeLessThanOrEqual(Date.now())
  })

  test('a second time changes nothing, and tells who paused first, when and why', async () => {
    await create()
    await run('pause', '--reason', 'first')
    const { epoch, control } = await stored()
    const { code, out } = await run('pause', '--reason', 'second')
    expect(code).toBe(0)
    expect(out[0]).toMatch(/^the local fleet is paused already, by \S+ since \d{4}-\S+Z: first; nothing was changed$/)
    expect(await stored()).toMatchObject({ epoch, control })
  })

  test.each([
    ['no reason', [], 'why? say it to whoever looks: lifesign pause --reason "TEXT"'],
    ['an empty reason', ['--reason', '  '], 'why? say it to whoever looks: lifesign pause --reason "TEXT"'],
    ['a long reason', ['--reason', 'x'.repeat(121)], 'the reason has 121 characters; 120 fit'],
    ['a reason with a line break', ['--reason', 'a\nb'], 'the reason holds control characters; say it in plain text'],
  ])('with %s is one clear sentence, exit code 2, and changes nothing', async (_, args, sentence) => {
    await create()
    expect(await run('pause', ...args)).toEqual({ code: 2, out: [], err: [`lifesign: ${sentence}`] })
    expect((await stored()).control.pause).toBeNull()
  })

  test('says that the next sweep writes the item where there is none, exit code 4', async () => {
    const { code, err } = await run('pause', '--reason', 'x')
    expect({ code, lines: err.length }).toEqual({ code: 4, lines: 1 })
    expect(err[0]).toMatch(/^lifesign: the fleet has no admission item yet; its next sweep writes one/)
  })

  test('says in one line that the table does not answer, exit code 4', async () => {
    const { code, err } = await lifesign(['pause', '--reason', 'x'])
    expect({ code, err }).toEqual({
      code: 4,
      err: ['lifesign: the local fleet: nothing answers there; is it running (`npm start`)?'],
    })
  })

  test('needs the table where only queues are named', async () => {
    const { code, err } = await run('pause', '--reason', 'x', '--queue-url', 'http://127.0.0.1:9/0/q')
    expect({ code, err }).toEqual({
      code: 2,
      err: ['lifesign: --table is needed beside the URLs: the pause is kept in the table'],
    })
  })
})

describe('lifesign resume', () => {
  test('ends the pause and tells what it was; a second time changes nothing', async () => {
    await create()
    await run('pause', '--reason', 'first')
    const first = await run('resume')
    expect(first.code).toBe(0)
    expect(first.out[0]).toMatch(/^the local fleet is resumed; its next sweep opens the intake/)
    expect(first.err[0]).toMatch(/^it was paused by \S+ since \S+Z: first$/)
    const { epoch, control } = await stored()
    expect(control.pause).toBeNull()
    const second = await run('resume')
    expect(second).toMatchObject({ code: 0, out: ['the local fleet is not paused; nothing was changed'] })
    expect((await stored()).epoch).toBe(epoch)
  })
})

describe('a change of the pause', () => {
  const PAUSE: Pause = { by: 'ops/anna', at: NOON, reason: 'moving house' }
  const noWait = async () => {}

  test('that meets a change by somebody else is computed again from what is there then', async () => {
    const memory = memoryAdmissionStore({ kind: 'admission', admission: initialAdmission(['captchaai']) })
    let races = 3
    const raced: AdmissionStore = {
      ...memory,
      async write(change) {
        const reading = await memory.read()
        if (races > 0 && reading.kind === 'admission') {
          races -= 1
          const { epoch, control } = reading.admission
          await memory.write({ epoch, control: { ...control, drainPerSecond: races } })
        }
        return memory.write(change)
      },
    }
    expect(await changePause(raced, (control) => pauseChange(control, PAUSE), noWait)).toBeNull()
    expect(memory.stored()).toMatchObject({ admission: { control: { pause: PAUSE, drainPerSecond: 0 } } })
  })

  test('gives up after ten changes by others in a row and says that nothing was changed', async () => {
    const admission = initialAdmission(['captchaai'])
    let writes = 0
    const always: Pick<AdmissionStore, 'read' | 'write'> = {
      read: async () => ({ kind: 'admission', admission }),
      async write() {
        writes += 1
        return { applied: false, reading: { kind: 'admission', admission } }
      },
    }
    const change = changePause(always, (control) => pauseChange(control, PAUSE), noWait)
    await expect(change).rejects.toThrow('changes too often; nothing was changed, try again')
    expect(writes).toBe(10)
  })

  test.each([
    ['arn:aws:sts::123456789012:assumed-role/ops/anna@example.test', 'ops/anna@example.test'],
    ['arn:aws:iam::123456789012:user/team/ben', 'user/team/ben'],
    ['arn:aws:iam::123456789012:root', 'root'],
    [`arn:aws:sts::123456789012:assumed-role/${'r'.repeat(64)}/${'s'.repeat(64)}`, 's'.repeat(64)],
  ])('by %s is shown as by %s', (arn, name) => {
    expect(callerOf(arn)).toBe(name)
    expect(name.length).toBeLessThanOrEqual(PAUSE_CHARACTERS.by)
  })
})
