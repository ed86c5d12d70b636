import { expect, it } from 'vitest'
import { accumulate, startFrom } from '../../functions/core/evidence/sweep-accumulator.ts'
import { judgeEvidence } from '../../functions/core/rules/verdict.ts'
import { makeEmbeddedCount } from '../../functions/runtime/embedded-metric.ts'
import { evidence, NOON, RULE_SETTINGS, SECOND } from '../build/evidence.ts'
import { outcome } from '../build/outcomes.ts'

it('what callbacks write shows no living worker, so that it cannot hide that nobody works: emergency', () => {
  const call = outcome(NOON - 10 * SECOND, [], { function: 'pingback', worker: 'p', invocation: 'pingback:1' })
  const worker = outcome(NOON - 600 * SECOND, [], { function: 'collect', worker: 'w', invocation: '2' })
  const passing = accumulate(accumulate(startFrom(null, NOON), [worker], NOON), [call], NOON)
  expect(passing.workers).toEqual({})
  expect(passing.lastOutcomeAt).toBe(NOON - 600 * SECOND)
  const { queue } = evidence()
  const { lastOutcomeAt } = passing
  const facts = evidence({ waitingSince: NOON - 600 * SECOND, lastOutcomeAt, queue: { ...queue, available: 3 } })
  expect(judgeEvidence(facts, {}, RULE_SETTINGS).verdict.mode).toBe('emergency')
  const submit = outcome(NOON - 10 * SECOND, [], { function: 'submit', worker: 's', invocation: '3' })
  expect(accumulate(passing, [submit], NOON)).toMatchObject({ workers: { s: submit.at }, lastOutcomeAt: submit.at })
})

it('the count is a log line in CloudWatch’s embedded metric format, under the fleet’s namespace and dimension', () => {
  const lines: string[] = []
  makeEmbeddedCount('prod', { now: () => NOON }, (line) => lines.push(line))('PingbacksRefused', 7)
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    {
      _aws: {
        Timestamp: NOON,
        CloudWatchMetrics: [
          { Namespace: 'Lifesign', Dimensions: [['Fleet']], Metrics: [{ Name: 'PingbacksRefused', Unit: 'Count' }] },
        ],
      },
      Fleet: 'prod',
      PingbacksRefused: 7,
    },
  ])
})
