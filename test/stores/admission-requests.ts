import { deflateSync } from 'node:zlib'
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { storedControl } from '../../functions/adapters/dynamodb/admission-item.ts'
import { makeAdmissionStore } from '../../functions/adapters/dynamodb/admission-store.ts'
import { admissionKey } from '../../functions/contract/table.ts'
import { initialAdmission } from '../../functions/core/admission/item/initial.ts'
import type { AdmissionStore } from '../../functions/core/ports.ts'
import type { RunningEngine } from '../engines/engine.ts'
import { type FaultyProxy, once, startFaultyProxy } from '../engines/faulty-proxy.ts'
import { countRequests, createTable, type TestTable } from './table.ts'

const first = initialAdmission(['captchaai'])
const good = { schema: 1, epoch: 1, control: storedControl(first.control) }

/** What the admission item costs, what cannot be read, and what happens to writes that are not answered. */
export function admissionRequests(running: () => RunningEngine, { tellsRefused }: { tellsRefused: boolean }): void {
  let proxy: FaultyProxy
  let table: TestTable
  let store: AdmissionStore
  beforeEach(async () => {
    proxy = await startFaultyProxy(running().endpoint)
    table = await createTable(proxy.endpoint)
    store = makeAdmissionStore(table)
  })
  afterEach(async () => {
    table.client.destroy()
    await proxy.stop()
  })
  const put = (item: Record<string, unknown>) =>
    table.client.send(new PutItemCommand({ TableName: table.tableName, Item: marshall({ ...admissionKey, ...item }) }))

  it('a write that fits is one request and no read', async () => {
    await store.create(first)
    const sent = countRequests(table.client)
    await store.write({ epoch: 1, most: { inFlight: 9 }, add: { inFlight: 1 } })
    await store.write({ epoch: 1, control: first.control })
    expect(sent).toEqual(['UpdateItemCommand', 'UpdateItemCommand'])
  })

  it('a write that does not fit is one request that brings the item, and a read only where the engine cannot', async () => {
    await store.create({ ...first, counts: { inFlight: 7 } })
    const sent = countRequests(table.client)
    const answer = await store.write({ most: { inFlight: 6 }, add: { inFlight: 1 } })
    expect(answer).toMatchObject({ applied: false, reading: { admission: { counts: { inFlight: 7 } } } })
    expect(sent).toEqual(['UpdateItemCommand', ...(tellsRefused ? [] : ['GetItemCommand, consistent'])])
  })

  it('counters are number attributes, and the control is one attribute beside the epoch', async () => {
    await store.create({ ...first, counts: { inFlight: 2 } })
    await store.write({ add: { inFlight: 1, spentHour: 1, spentDay: 0 } })
    const get = new GetItemCommand({ TableName: table.tableName, Key: marshall(admissionKey) })
    const { Item = {} } = await table.client.send(get)
    const { control, ...rest } = unmarshall(Item)
    expect(rest).toEqual({
      by: expect.stringMatching(/^[\w-]{6}$/),
      ...admissionKey,
      schema: 1,
      epoch: 1,
      inFlight: 3,
      spentHour: 1,
    })
    expect(Buffer.from(control)).toEqual(Buffer.from(storedControl(first.control)))
  })

  it('a write that is not answered is never sent twice: the item says whether it took place (row 11, of the admission item)', async () => {
    await store.create(first)
    proxy.fate = once(({ call }) => call === 'UpdateItem', { kind: 'cut', applied: false })
    await expect(store.write({ add: { inFlight: 1 } })).rejects.toMatchObject({
      message: expect.stringMatching(/not sent again/),
    })
    const cut = (applied: boolean) => {
      proxy.calls.length = 0
      proxy.fate = once(({ call }) => call === 'UpdateItem', { kind: 'cut', applied })
      return store.write({ add: { inFlight: 1 } })
    }
    expect(await cut(true)).toMatchObject({ applied: true, reading: { admission: { counts: { inFlight: 1 } } } })
    expect(proxy.calls).toEqual(['UpdateItem', 'GetItem'])
    await expect(cut(false)).rejects.toThrow()
    expect(proxy.calls).toEqual(['UpdateItem', 'GetItem'])
    expect(await store.read()).toMatchObject({ admission: { counts: { inFlight: 1 } } })
  })

  it('a control that was compressed without the dictionary, as earlier versions did, is read', async () => {
    await put({ ...good, control: deflateSync(JSON.stringify(first.control)) })
    expect(await store.read()).toMatchObject({ kind: 'admission', admission: { control: first.control } })
  })

  const corrupt = storedControl({ ...first.control, providers: JSON.parse('{ "captchaai": {} }') })
  const unreadable: [why: string, item: Record<string, unknown>][] = [
    ['schema 2', { ...good, schema: 2 }],
    ['the item has no schema', { inFlight: 1 }],
    ['corrupt: epoch, control', { schema: 1, control: '{' }],
    ['corrupt: control', { ...good, control: new Uint8Array([1, 2, 3]) }],
    [
      ['breaker', 'hold', 'key', 'threads', 'learned']
        .map((name) => `control.providers.captchaai.${name}`)
        .join(', ')
        .replace(/^/, 'corrupt: '),
      { ...good, control: corrupt },
    ],
    ['corrupt: inFlight', { ...good, inFlight: 'many' }],
  ]
  for (const [why, item] of unreadable) {
    it(`an item that cannot be read says why (${why.slice(0, 40)}), and can be created anew`, async () => {
      await put(item)
      expect(await store.read()).toEqual({ kind: 'unreadable', why })
      const reading = { kind: 'admission', admission: first }
      expect(await store.create(first)).toEqual({ applied: true, reading })
      expect(await store.read()).toEqual(reading)
    })
  }

  it.each<[string, Record<string, unknown> | null]>([
    ['is missing', null],
    ['cannot be read', { ...good, schema: 2 }],
  ])(
    'an item that %s and that another sweep creates at the same moment is that one, and the answer',
    async (_, found) => {
      if (found !== null) await put(found)
      let isFirst = true
      table.client.middlewareStack.add(
        (next, { commandName }) =>
          async (args) => {
            // Between the look at the item and the write that would replace it.
            if (commandName === 'PutItemCommand' && isFirst) {
              isFirst = false
              await store.create({ ...first, counts: { inFlight: 9 } })
            }
            return next(args)
          },
        { step: 'initialize', name: 'overtaken' },
      )
      const theirs = { kind: 'admission', admission: { ...first, counts: { inFlight: 9 } } }
      expect(await store.create({ ...first, counts: { inFlight: 3 } })).toEqual({ applied: false, reading: theirs })
      expect(await store.read()).toEqual(theirs)
    },
  )

  it('a later version is neither reserved in nor given back to', async () => {
    await put({ ...good, schema: 2 })
    const answer = await store.write({ add: { inFlight: 1 } })
    expect(answer).toEqual({ applied: false, reading: { kind: 'unreadable', why: 'schema 2' } })
  })
}
