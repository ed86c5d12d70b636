import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import { describe, expect, it } from 'vitest'
import { storedControl } from '../../functions/adapters/dynamodb/admission-item.ts'
import { makeAdmissionStore } from '../../functions/adapters/dynamodb/admission-store.ts'
import { makeDynamoClient } from '../../functions/adapters/dynamodb/client.ts'
import { makeDeepRunStore } from '../../functions/adapters/dynamodb/deep-run-store.ts'
import { makeHistoryStore } from '../../functions/adapters/dynamodb/history-store.ts'
import { makeOutcomeStore } from '../../functions/adapters/dynamodb/outcome-store.ts'
import { makeRecordStore } from '../../functions/adapters/dynamodb/record-store.ts'
import { makeTaskStore } from '../../functions/adapters/dynamodb/task-store.ts'
import type { AdmissionChange } from '../../functions/core/admission/item/admission.ts'
import type { TaskTransition } from '../../functions/core/task/lifecycle.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import { deepRun } from '../build/deep-run.ts'
import { accountingOf, claimedItem, expiredItem, fullAdmission, readinessRecord, storedResultOf } from './builders.ts'
import { loopbackAws } from './loopback-aws.ts'

type Body = Record<string, unknown>
const isItem = (value: unknown): value is Record<string, AttributeValue> => typeof value === 'object' && value !== null
const plain = (value: unknown): Body => (isItem(value) ? unmarshall(value) : {})

/** An expression with its names and values in their places. */
function inPlace(text: unknown, { ExpressionAttributeNames, ExpressionAttributeValues }: Body): string {
  const values = plain(ExpressionAttributeValues)
  const names = Object.entries({ ...(isItem(ExpressionAttributeNames) ? ExpressionAttributeNames : {}) })
  return String(text)
    .replace(/#\w+/g, (name) => String(names.find(([one]) => one === name)?.[1] ?? name))
    .replace(/:\w+/g, (name) => (name === ':mark' ? 'MARK' : (JSON.stringify(values[name]) ?? name)))
}

/** One line for each call: what is written or read, under which condition, and what the answer has to bring. */
function lineOf({ operation, body }: { operation: string; body: Body }): string {
  const { Key, Item, UpdateExpression, ConditionExpression, KeyConditionExpression, ...more } = body
  const { TableName: _table, ExpressionAttributeNames: _names, ExpressionAttributeValues: _values, ...options } = more
  const { pk, sk } = plain(Key ?? Item)
  const of = (verb: string, expression: unknown) => (expression ? [`${verb} ${inPlace(expression, body)}`] : [])
  return [
    operation.replace('Item', ''),
    ...(pk === undefined ? [] : [`${pk}/${sk}`]),
    ...of('', UpdateExpression),
    ...of('IF', ConditionExpression),
    ...of('WHERE', KeyConditionExpression),
    ...Object.entries(options).map(([name, value]) => `${name}=${value}`),
  ]
    .map((part) => part.trim())
    .join(' ')
}

function storesAt(endpoint: string) {
  // Not on a whole second: a time to live counts seconds that are over.
  const clock = memoryClock(NOON + 777)
  const table = { client: makeDynamoClient({ endpoint }), tableName: 'lifesign', clock, log: () => {} }
  return {
    tasks: makeTaskStore(table),
    outcomes: makeOutcomeStore(table),
    record: makeRecordStore(table),
    runs: makeDeepRunStore(table),
    history: makeHistoryStore(table),
    admission: makeAdmissionStore(table),
  }
}

/** What a call of a store sends, where the table answers each with nothing. */
async function sent(call: (stores: ReturnType<typeof storesAt>) => Promise<unknown>): Promise<string[]> {
  const { url, asked } = await loopbackAws()
  await call(storesAt(url))
  return asked.map(lineOf)
}

const SECOND = NOON / 1000
const OURS = { taskId: 't-1', attempt: 'a-2' }
const result = storedResultOf('t-1')
const RESULT = JSON.stringify(result)
const accounting = accountingOf('i-1', { since: NOON + 6, via: 'callback', resultMayBeUnsent: true })
const ACCOUNTING = JSON.stringify(accounting)
const settle = { taskId: 't-1', result, by: 'a-1', settledAt: NOON + 5, accounting } as const
const STILL = `IF ttl > ${SECOND} AND attempt = "a-2" AND state`
const UNDONE = 'REMOVE leaseUntil, provider, captchaId, submittedAt'

describe('a change of a task is one write, whole, under its condition:', () => {
  it.each<[TaskTransition, string]>([
    [
      { kind: 'claim', item: claimedItem({ taskId: 't-1' }), fence: null },
      `Put task#t-1/task IF attribute_not_exists(pk) OR ttl <= ${SECOND}`,
    ],
    [
      { kind: 'claim', item: claimedItem({ taskId: 't-1' }), fence: { attempt: 'a-2', state: 'unknown' } },
      `Put task#t-1/task ${STILL} = "unknown"`,
    ],
    [
      { kind: 'claim', item: claimedItem({ taskId: 't-1' }), fence: { attempt: 'a-2', state: null } },
      `Put task#t-1/task ${STILL} IN ("claimed", "unknown", "submitted")`,
    ],
    [
      { kind: 'settleUnclaimed', item: expiredItem({ taskId: 't-1' }) },
      `Put task#t-1/task IF attribute_not_exists(pk) OR ttl <= ${SECOND}`,
    ],
    [
      { kind: 'submitted', ...OURS, provider: 'p', captchaId: 'c', submittedAt: NOON + 3 },
      'Update task#t-1/task SET state = "submitted", charges = charges + 1, provider = "p", captchaId = "c", ' +
        `submittedAt = ${NOON + 3} REMOVE leaseUntil ${STILL} = "claimed"`,
    ],
    [
      { kind: 'release', ...OURS, after: 'refusal' },
      `Update task#t-1/task SET leaseUntil = 0 ${STILL} = "claimed" AND leaseUntil <> 0`,
    ],
    [
      { kind: 'release', ...OURS, after: 'httpError' },
      'Update task#t-1/task SET leaseUntil = 0, httpErrors = if_not_exists(httpErrors, 0) + 1 ' +
        `${STILL} = "claimed" AND leaseUntil <> 0`,
    ],
    [
      { kind: 'lose', ...OURS, provider: 'p' },
      'Update task#t-1/task SET state = "unknown", charges = charges + 1, uncertainCharges = uncertainCharges + 1, ' +
        `lost = list_append(lost, [{"attempt":"a-2","provider":"p"}]) REMOVE leaseUntil, provider ${STILL} = "claimed"`,
    ],
    [
      { kind: 'resubmit', ...OURS, why: 'unsolvable' },
      'Update task#t-1/task SET state = "claimed", leaseUntil = 0, unsolvable = unsolvable + 1 ' +
        `REMOVE provider, captchaId, submittedAt ${STILL} = "submitted"`,
    ],
    [
      { kind: 'resubmit', ...OURS, why: 'lostId' },
      'Update task#t-1/task SET state = "claimed", leaseUntil = 0, lostIdResubmits = lostIdResubmits + 1 ' +
        `REMOVE provider, captchaId, submittedAt ${STILL} = "submitted"`,
    ],
    [
      { kind: 'settle', ...settle, fence: { attempt: 'a-2', state: null } },
      `Update task#t-1/task SET state = "solved", result = ${RESULT}, settledAt = ${NOON + 5}, settledBy = "a-1", ` +
        `accounting = ${ACCOUNTING} ${UNDONE} ${STILL} IN ("claimed", "unknown", "submitted")`,
    ],
    [
      {
        ...{ kind: 'settle', ...settle, by: 'a-0', fence: { attempt: 'a-2', state: 'submitted' } },
        result: { ...result, status: 'failed', solution: { tiny: 1e-300 } },
      },
      'Update task#t-1/task SET state = "failed", ' +
        `result = ${JSON.stringify({ ...result, status: 'failed', solution: '{"tiny":1e-300}' })}, ` +
        `settledAt = ${NOON + 5}, settledBy = "a-0", accounting = ${ACCOUNTING}, solutionIsJson = true ` +
        `${UNDONE} ${STILL} = "submitted"`,
    ],
    [
      { kind: 'transferAccounting', taskId: 't-1', from: 'i-0', to: accounting },
      `Update task#t-1/task SET accounting = ${ACCOUNTING} IF ttl > ${SECOND} AND accounting.invocation = "i-0"`,
    ],
  ])('$kind', async (transition, line) => {
    expect(await sent(({ tasks }) => tasks.apply(transition))).toEqual([line])
  })
})

describe('the other stores send', () => {
  const run = deepRun({ id: 'r-7' })
  const WHERE = 'pk = "outcome#3" AND sk BETWEEN "2026-11-21T12:00:00'
  it.each<[string, Parameters<typeof sent>[0], string[]]>([
    ['a read of a task', ({ tasks }) => tasks.read('t-1'), ['Get task#t-1/task ConsistentRead=true']],
    [
      'a list of outcomes after a time',
      ({ outcomes }) => outcomes.list(3, NOON + 5, NOON + 900, 7),
      [`Query WHERE ${WHERE}.006Z#" AND "2026-11-21T12:00:00.900Z#\uffff" Limit=8 ConsistentRead=true`],
    ],
    ['nothing for a list of no time at all', ({ outcomes }) => outcomes.list(3, NOON + 900, NOON + 900, 7), []],
    [
      'a search for an outcome from a time on',
      ({ outcomes }) => outcomes.has('invocation-9', NOON + 5, NOON + 900),
      [
        `Query WHERE ${WHERE.replace('#3', '#9')}.005Z#" AND "2026-11-21T12:00:00.900Z#\uffff" ` +
          'ConsistentRead=true ProjectionExpression=sk',
      ],
    ],
    [
      'the first record',
      ({ record }) => record.write(readinessRecord({ version: 1 }), null),
      ['Put fleet/readiness IF attribute_not_exists(version)'],
    ],
    [
      'the next record',
      ({ record }) => record.write(readinessRecord({ version: 43 }), 42),
      ['Put fleet/readiness IF version = 42'],
    ],
    ['a read of the record', ({ record }) => record.read(), ['Get fleet/readiness ConsistentRead=true']],
    [
      'the begin of a deep run',
      ({ runs }) => runs.begin('r-7', NOON, NOON + 9),
      [
        `Update fleet/deep SET deepRunId = "r-7", deepLeaseUntil = ${NOON + 9} ` +
          `IF deepRunId = "r-7" OR attribute_not_exists(deepLeaseUntil) OR deepLeaseUntil <= ${NOON}`,
      ],
    ],
    [
      'the end of a deep run',
      ({ runs }) => runs.finish(run),
      [
        `Update fleet/deep SET deepRun = ${JSON.stringify(JSON.stringify(run))}, deepLeaseUntil = 0 ` +
          'IF deepRunId = "r-7"',
      ],
    ],
    ['a read of a deep run', ({ runs }) => runs.read(), ['Get fleet/deep ConsistentRead=true']],
    [
      'a list of days',
      ({ history }) => history.list('day', NOON - 12 * 3_600_000, NOON + 36 * 3_600_000),
      [
        'Query WHERE pk = "fleet" AND sk BETWEEN "history-day#2026-11-21" AND "history-day#2026-11-23" ConsistentRead=true',
      ],
    ],
  ])('%s', async (_, call, lines) => {
    expect(await sent(call)).toEqual(lines)
  })
})

describe('a change of the admission item is one write whose answer brings the item:', () => {
  const { control } = fullAdmission()
  const BRINGS = 'ReturnValues=ALL_NEW ReturnValuesOnConditionCheckFailure=ALL_OLD'
  const AGAIN = 'Get fleet/admission ConsistentRead=true'
  it.each<[string, AdmissionChange, string]>([
    [
      'counters in any epoch',
      { add: { inFlight: -2, solved: 1, idle: 0 } },
      'SET by = MARK ADD inFlight -2, solved 1 IF schema = 1',
    ],
    [
      'counters under bounds, of which an absent one passes only those from 0 on',
      { most: { inFlight: 9, spentHour: 0, spentDay: -1 }, add: { inFlight: 2 } },
      'SET by = MARK ADD inFlight 2 IF schema = 1 AND (attribute_not_exists(inFlight) OR inFlight <= 9) ' +
        'AND (attribute_not_exists(spentHour) OR spentHour <= 0) AND spentDay <= -1',
    ],
    [
      'a counter that begins anew in this epoch, and is not added to as well',
      { epoch: 7, set: { ramped_p: 3 }, add: { ramped_p: 5, inFlight: 1 } },
      'SET by = MARK, ramped_p = 3 ADD inFlight 1 IF schema = 1 AND epoch = 7',
    ],
  ])('%s', async (_, change, line) => {
    expect(await sent(({ admission }) => admission.write(change))).toEqual([
      `Update fleet/admission ${line} ${BRINGS}`,
      AGAIN,
    ])
  })

  it('a control begins the next epoch', async () => {
    const bytes = Buffer.from(storedControl(control)).toString('base64')
    expect(await sent(({ admission }) => admission.write({ epoch: 7, control, set: { ramped_p: 0 } }))).toEqual([
      `Update fleet/admission SET by = MARK, ramped_p = 0, control = "${bytes}" ADD epoch 1 IF schema = 1 AND epoch = 7 ${BRINGS}`,
      AGAIN,
    ])
  })
})
