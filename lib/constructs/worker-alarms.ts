import type { FleetAlarmProps } from './fleet-alarm.ts'
import type { FleetFunction } from './fleet-function.ts'
import type { MetricView } from './fleet-metrics.ts'

/**
 * One crash is retried and does no harm. A function that crashes in three minutes of five will not recover by itself.
 */
export const errorsOf = (worker: FleetFunction): FleetAlarmProps => ({
  name: `${titleOf(worker)} errors`,
  impact: ERRORS_IMPACT[worker.name],
  metric: perMinute(worker, 'Errors'),
  when: { is: 'atLeast', threshold: 1, datapoints: 3, outOf: 5 },
  // A function that is not called has no errors. Another alarm notices that it should have been called.
  missingData: 'notBreaching',
})

/**
 * Loop detection is off for these functions, so a single stopped loop means that somebody turned it on outside the
 * stack. Lambda then refuses every parked task and every renewed poll message after about 16 calls, and they end as
 * dead letters.
 */
export const loopsStoppedOf = (worker: FleetFunction): FleetAlarmProps => ({
  name: `${titleOf(worker)} loops stopped`,
  impact: worker.name === 'pingback' ? ERRORS_IMPACT.pingback : LOOPS_STOPPED_IMPACT,
  metric: perMinute(worker, 'RecursiveInvocationsDropped'),
  when: { is: 'above', threshold: 0, datapoints: 1, outOf: 1 },
  // Lambda sends this metric only after it has stopped a loop.
  missingData: 'notBreaching',
})

const LOOPS_STOPPED_IMPACT =
  'Tasks that waited or were polled often are refused by Lambda; paid answers are lost as dead letters.'

const perMinute = (worker: FleetFunction, metricName: string): MetricView => ({
  namespace: 'AWS/Lambda',
  metricName,
  dimensions: { FunctionName: worker.lambda.functionName },
  statistic: 'Sum',
  periodSeconds: 60,
})

const titleOf = ({ name }: FleetFunction): string => `${name.charAt(0).toUpperCase()}${name.slice(1)}`

const ERRORS_IMPACT: Record<FleetFunction['name'], string> = {
  submit: 'Tasks are taken late or not at all; those that crash it again and again end as dead letters.',
  collect: 'Answers that were paid for are delivered late, or too late to be used.',
  pingback: "The provider's callbacks are lost; answers still come, only slower.",
  sweep: 'The health views and every other alarm are about to go blind.',
  health: 'Load balancers and people who ask for the health of the fleet get no answer.',
}
