import { describe, expect, it } from 'vitest'
import { LIMITS, workerTimeoutSeconds } from '../../functions/contract/limits.ts'
import { at, functionOf, listAt, queueOf, recordAt, resourceOf, resourcesOf, templateOf } from './synthesized-fleet.ts'

const DAY = 86_400
const template = templateOf('prod', { pingback: 'true' })
const NAMES = ['tasks', 'polls', 'results', 'deadLetters'] as const

describe('the queues', () => {
  it.each(NAMES)('keep %s encrypted and refuse anybody without TLS', (name) => {
    const { id, properties } = queueOf(template, name)
    expect(properties).toMatchObject({ SqsManagedSseEnabled: true })
    const policies = resourcesOf(template, 'AWS::SQS::QueuePolicy')
    const own = policies.filter((policy) => at(policy.properties, 'Queues', 0, 'Ref') === id)
    expect(own).toHaveLength(1)
    expect(listAt(own[0]?.properties, 'PolicyDocument', 'Statement')).toContainEqual(
      expect.objectContaining({
        Effect: 'Deny',
        Action: 'sqs:*',
        Principal: { AWS: '*' },
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    )
  })

  it.each([
    ['10', 18],
    ['60', 68],
    ['1.5', 10],
  ])('hide a message for six times the time limit of its function (provider time-out %s s)', (seconds, limit) => {
    const slow = templateOf('dev', { providerTimeoutSeconds: seconds })
    expect(workerTimeoutSeconds(Number(seconds))).toBe(limit)
    for (const [name, queue] of [['submit', 'tasks'] as const, ['collect', 'polls'] as const]) {
      expect(functionOf(slow, name).properties).toMatchObject({ Timeout: limit })
      expect(queueOf(slow, queue).properties).toMatchObject({ VisibilityTimeout: 6 * limit })
    }
  })

  it('give a task up after ten receives and a poll message after a thousand, both to the one dead-letter queue', () => {
    const deadLetterTargetArn = { 'Fn::GetAtt': [queueOf(template, 'deadLetters').id, 'Arn'] }
    const redrive = (maxReceiveCount: number) => ({ RedrivePolicy: { maxReceiveCount, deadLetterTargetArn } })
    expect(queueOf(template, 'tasks').properties).toMatchObject(redrive(10))
    expect(queueOf(template, 'polls').properties).toMatchObject(redrive(1000))
    expect(LIMITS.pollRenewReceiveCount).toBeLessThan(1000)
  })

  it('wait 20 s for a message where a receive says nothing', () => {
    for (const stage of ['local', 'dev', 'prod'] as const)
      for (const name of NAMES)
        expect(queueOf(templateOf(stage), name).properties).toMatchObject({ ReceiveMessageWaitTimeSeconds: 20 })
  })

  it('take bodies of nearly all that SQS takes, so that we refuse them, and leave room for the reason beside them', () => {
    const most = (name: (typeof NAMES)[number]) => queueOf(template, name).properties.MaximumMessageSize
    expect(NAMES.map(most)).toEqual([1_040_384, 1_040_384, 1_048_576, 1_048_576])
  })

  it('have room for the poll message of the largest task, whatever its characters', () => {
    // Of what JSON may hold unescaped, a quote or a backslash grows most when it is put into JSON once more.
    const body = '"'.repeat(LIMITS.bodyBytes)
    const polls = Number(queueOf(template, 'polls').properties.MaximumMessageSize)
    expect(Buffer.byteLength(JSON.stringify({ body })) + 100_000).toBeLessThan(polls)
  })

  it('leave results to the clients that read them', () => {
    expect(queueOf(template, 'results').properties).not.toHaveProperty('RedrivePolicy')
  })

  it('keep dead letters longer than the queues that they come from', () => {
    expect(queueOf(template, 'deadLetters').properties).toMatchObject({ MessageRetentionPeriod: 14 * DAY })
    for (const name of ['tasks', 'polls', 'results'] as const)
      expect(queueOf(template, name).properties).toMatchObject({ MessageRetentionPeriod: 4 * DAY })
  })

  it('outlive their stack in prod, and go with it in dev', () => {
    for (const name of NAMES) {
      expect(queueOf(template, name)).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' })
      expect(queueOf(templateOf('dev'), name)).toMatchObject({ DeletionPolicy: 'Delete' })
    }
  })

  it('keep a message for much longer than the longest deadline', () => {
    expect(4 * DAY).toBeGreaterThan(20 * LIMITS.longestDeadlineSeconds)
    expect(LIMITS.taskItemDays * DAY).toBeGreaterThan(14 * DAY)
  })
})

describe('the event sources', () => {
  const sourceOf = (from: typeof template, worker: 'Submit' | 'Collect') =>
    resourceOf(from, 'AWS::Lambda::EventSourceMapping', `${worker}Worker`).properties

  it('call submit and collect at once, with ten messages at most and no window, in which AWS may wait 20 s', () => {
    expect(sourceOf(template, 'Submit')).toMatchObject({
      BatchSize: 10,
      MaximumBatchingWindowInSeconds: 0,
      EventSourceArn: { 'Fn::GetAtt': [queueOf(template, 'tasks').id, 'Arn'] },
      FunctionName: { Ref: functionOf(template, 'submit').id },
    })
    expect(sourceOf(template, 'Collect')).toMatchObject({
      BatchSize: 10,
      MaximumBatchingWindowInSeconds: 0,
      EventSourceArn: { 'Fn::GetAtt': [queueOf(template, 'polls').id, 'Arn'] },
      FunctionName: { Ref: functionOf(template, 'collect').id },
    })
  })

  it('retry only the records that failed (row 13)', () => {
    for (const worker of ['Submit', 'Collect'] as const)
      expect(sourceOf(template, worker)).toMatchObject({ FunctionResponseTypes: ['ReportBatchItemFailures'] })
  })

  it.each(['local', 'dev', 'prod'] as const)(
    'of stage %s start no more than is reserved, so that no receive is spent on throttling (row 53)',
    (stage) => {
      for (const reservedConcurrency of [undefined, '2', '7', '1000']) {
        const made = templateOf(stage, reservedConcurrency === undefined ? {} : { reservedConcurrency })
        for (const worker of ['Submit', 'Collect'] as const) {
          const most = at(sourceOf(made, worker), 'ScalingConfig', 'MaximumConcurrency')
          const reserved = at(functionOf(made, worker === 'Submit' ? 'submit' : 'collect').properties, RESERVED)
          expect(most).toBeGreaterThanOrEqual(2)
          if (reserved !== undefined) expect(most).toBeLessThanOrEqual(Number(reserved))
          expect(reserved === undefined).toBe(reservedConcurrency === undefined && stage !== 'prod')
        }
      }
    },
  )

  it('say nothing of being enabled, so that a deploy while paused by a person stays paused (row 54)', () => {
    for (const { properties } of resourcesOf(template, 'AWS::Lambda::EventSourceMapping'))
      expect(recordAt(properties)).not.toHaveProperty('Enabled')
  })
})

const RESERVED = 'ReservedConcurrentExecutions'
