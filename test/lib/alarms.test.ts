import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ISSUE_CODES } from '../../functions/contract/issues.ts'
import { METRIC } from '../../functions/contract/metrics.ts'
import { healthSeeing, STATES } from '../health/served-views.ts'
import { at, functionOf, listAt, resourceOf, resourcesOf, templateOf } from './synthesized-fleet.ts'

const textOf = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8')
const runbook = textOf('docs/runbook.md')
const everything = templateOf('prod', { pingback: 'true' })

const alarmsOf = (template: typeof everything) =>
  resourcesOf(template, 'AWS::CloudWatch::Alarm').map((found) => found.properties)
const nameOf = (alarm: Record<string, unknown>) => String(alarm.AlarmName).replace('Lifesign-prod: ', '')
const alarmCalled = (name: string, template = everything) => {
  const found = alarmsOf(template).find(({ AlarmName }) => String(AlarmName).endsWith(`: ${name}`))
  if (found === undefined) throw new Error(`no alarm ${name}`)
  return found
}

const page = resourceOf(everything, 'AWS::CloudWatch::CompositeAlarm', 'AlarmsPage').properties
/** The rule with the names of the alarms in place of the references to them. */
const ruleOf = (composite: Record<string, unknown>, template = everything): string =>
  listAt(composite, 'AlarmRule', 'Fn::Join', 1)
    .map((part) => (typeof part === 'string' ? part : referred(template, part)))
    .join('')
const referred = (template: typeof everything, part: unknown): string => {
  const found = resourcesOf(template, 'AWS::CloudWatch::Alarm').find(({ id }) => id === at(part, 'Ref'))
  return String(found?.properties.AlarmName).replace(/^Lifesign-\w+: /, '')
}

/** Heading → text of the sections of one part of the runbook. */
function sectionsOf(part: string): Map<string, string> {
  const text = runbook.split(/^## /m).find((found) => found.startsWith(`${part}\n`)) ?? ''
  const sections = text.split(/^### /m).slice(1)
  return new Map(sections.map((section) => [section.split('\n', 1)[0] ?? '', section]))
}
const anchorOf = (heading: string) => heading.toLowerCase().replaceAll(' ', '-')

/** The text of an alarm, with the address of the health views as it is after a deploy. */
const HEALTH_URL = 'https://abcdefghijklmnopqrstuvwxyz012345.lambda-url.ap-southeast-2.on.aws/'
function descriptionOf({ AlarmDescription }: Record<string, unknown>): string {
  const url = JSON.stringify(at(everything.Outputs, 'HealthUrl', 'Value'))
  return listAt(AlarmDescription, 'Fn::Join', 1)
    .map((part) => (JSON.stringify(part) === url ? HEALTH_URL : part))
    .join('')
}

describe('the runbook', () => {
  it('has one section for each alarm, and no section without one', () => {
    expect([...alarmsOf(everything), page].map(nameOf).sort()).toEqual([...sectionsOf('Alarms').keys()].sort())
  })

  it('has one section for each issue and warning of docs/contracts.md, where the trace links to', () => {
    const anchors = ISSUE_CODES.map((code) => code.replaceAll('_', '-'))
    expect([...sectionsOf('Readiness rules').keys()].map(anchorOf).sort()).toEqual(anchors.sort())
  })

  it('is served by the health function with an id for each alarm and for each issue and warning', async () => {
    const { body } = await healthSeeing(STATES.missing.reading)('/runbook')
    const ids = [...body.matchAll(/<h3 id="([^"]*)"/g)].map(([, id]) => id)
    const linked = [...alarmsOf(everything), page].map((alarm) => descriptionOf(alarm).split('/runbook#')[1])
    expect(ids).toHaveLength(linked.length + ISSUE_CODES.length)
    expect(ids).toEqual(expect.arrayContaining([...linked, ...ISSUE_CODES.map((code) => code.replaceAll('_', '-'))]))
  })

  it('says in every section what it means, what to look at and what to do', () => {
    for (const part of ['Alarms', 'Readiness rules'])
      for (const [heading, text] of sectionsOf(part))
        for (const label of ['**Means.** ', '**Look at.** ', '**Do.** ']) expect(text, heading).toContain(label)
  })

  it('says of every readiness rule what ends it', () => {
    for (const [heading, text] of sectionsOf('Readiness rules')) expect(text, heading).toContain('**Ends.** ')
  })

  it('links to nothing that is not there', () => {
    const anchors = [...runbook.matchAll(/^##+ (.*)$/gm)].map(([, heading]) => anchorOf(heading ?? ''))
    const links = [...runbook.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor]) => anchor)
    expect(links.length).toBeGreaterThan(10)
    for (const link of links) expect(anchors).toContain(link)
  })
})

describe('every alarm', () => {
  it('states the impact, and where it says what to do', () => {
    for (const alarm of [...alarmsOf(everything), page]) {
      const description = descriptionOf(alarm)
      const section = anchorOf(nameOf(alarm))
      expect(description).toMatch(/^[A-Z].{20,}\. What to do: docs\/runbook\.md#[a-z-]+, or \S+$/)
      expect(description.split('What to do: ')[1]).toBe(
        `docs/runbook.md#${section}, or ${HEALTH_URL}runbook#${section}`,
      )
    }
  })

  it('has a text that CloudWatch takes: 1,024 characters at most', () => {
    for (const alarm of [...alarmsOf(everything), page]) expect(descriptionOf(alarm).length).toBeLessThanOrEqual(1024)
  })

  it('says how many of how many periods, and what a period without data means', () => {
    for (const alarm of alarmsOf(everything)) {
      expect(alarm.DatapointsToAlarm).toBeLessThanOrEqual(Number(alarm.EvaluationPeriods))
      expect(['breaching', 'notBreaching', 'ignore']).toContain(alarm.TreatMissingData)
    }
  })

  it('looks at one plain metric of this fleet, of one of its functions, or of the pages that were not delivered', () => {
    const undelivered = resourceOf(everything, 'AWS::SQS::Queue', 'PagesUndelivered')
    const functions = resourcesOf(everything, 'AWS::Lambda::Function').map(({ id }) => ({ Ref: id }))
    for (const alarm of alarmsOf(everything)) {
      const [dimension, ...others] = listAt(alarm, 'Dimensions')
      expect(others).toEqual([])
      if (alarm.Namespace === 'Lifesign') expect(dimension).toEqual({ Name: 'Fleet', Value: 'prod' })
      else if (alarm.Namespace === 'AWS/SQS')
        expect(at(dimension, 'Value')).toEqual({ 'Fn::GetAtt': [undelivered.id, 'QueueName'] })
      else expect(functions).toContainEqual(at(dimension, 'Value'))
    }
  })
})

it('an alarm looks only at metrics of ours that the sweep publishes', () => {
  const ours = alarmsOf(everything).filter(({ Namespace }) => Namespace === 'Lifesign')
  expect(ours).toHaveLength(7)
  const { pingbacksRefused: _, ...published } = METRIC
  for (const { MetricName } of ours) expect(Object.values(published)).toContain(MetricName)
})

describe('what pages', () => {
  const topic = [{ Ref: resourceOf(everything, 'AWS::SNS::Topic', 'Pages').id }]

  it('is one alarm of alarms, when it goes on and when it goes off, so that an outage pages once', () => {
    expect(page).toMatchObject({ AlarmName: 'Lifesign-prod: Page', AlarmActions: topic, OKActions: topic })
    expect(resourcesOf(everything, 'AWS::CloudWatch::CompositeAlarm')).toHaveLength(1)
    for (const alarm of alarmsOf(everything).filter((one) => nameOf(one) !== 'Undelivered pages')) {
      expect(alarm).not.toHaveProperty('AlarmActions')
      expect(alarm).not.toHaveProperty('OKActions')
    }
  })

  it('is, where nobody has to be woken, each fault by its own message, and no alarm of alarms', () => {
    const dev = templateOf('dev')
    const own = [{ Ref: resourceOf(dev, 'AWS::SNS::Topic', 'Pages').id }]
    expect(resourcesOf(dev, 'AWS::CloudWatch::CompositeAlarm')).toEqual([])
    const silent = alarmsOf(dev).filter(({ AlarmActions }) => AlarmActions === undefined)
    expect(silent.map(({ AlarmName }) => AlarmName).sort()).toEqual([
      'Lifesign-dev: Paused by a person',
      'Lifesign-dev: Somebody asks',
    ])
    for (const alarm of alarmsOf(dev))
      if (!silent.includes(alarm)) expect(alarm).toMatchObject({ AlarmActions: own, OKActions: own })
  })

  it('is beside it only the alarm that stays on until somebody has read the pages that were lost', () => {
    expect(alarmCalled('Undelivered pages')).toMatchObject({ AlarmActions: topic, OKActions: topic })
    expect(ruleOf(page)).not.toContain('Undelivered pages')
  })

  it('is an outage while somebody asks, and account and faults of the fleet also when nobody does', () => {
    const [first, ...others] = ruleOf(page).split(' OR ')
    expect(first).toBe('(ALARM("Not ready") AND ALARM("Somebody asks"))')
    const conditions = ['Not ready', 'Somebody asks', 'Paused by a person', 'Undelivered pages']
    const hard = alarmsOf(everything)
      .map(nameOf)
      .filter((name) => !conditions.includes(name))
    expect(hard).toEqual(expect.arrayContaining(['Account fault', 'Sweep silent', 'Dead letters', 'Submit errors']))
    expect(others.sort()).toEqual(hard.map((name) => `ALARM("${name}")`).sort())
  })

  it('is nothing while a person has paused the fleet, and what is still wrong three sweeps after that', () => {
    const paused = resourceOf(everything, 'AWS::CloudWatch::Alarm', 'AlarmsPaused')
    const suppressor = { ActionsSuppressor: { Ref: paused.id }, ActionsSuppressorWaitPeriod: 0 }
    expect(page).toMatchObject({ ...suppressor, ActionsSuppressorExtensionPeriod: 180 })
    const slow = resourceOf(
      templateOf('prod', { sweepSeconds: '300' }),
      'AWS::CloudWatch::CompositeAlarm',
      'AlarmsPage',
    )
    expect(slow.properties).toMatchObject({ ActionsSuppressorExtensionPeriod: 900 })
  })

  it('is within the limits of CloudWatch for an alarm of alarms: 100 alarms, 10,240 characters', () => {
    const longest = 255
    const names = ruleOf(page).match(/ALARM\("/g) ?? []
    expect(names.length).toBeLessThanOrEqual(100)
    expect(ruleOf(page).length + names.length * longest).toBeLessThanOrEqual(10_240)
  })
})

describe('the alarm', () => {
  it('"Not ready" wants two bad sweeps, and keeps its state while nobody sweeps', () => {
    expect(alarmCalled('Not ready')).toMatchObject({
      MetricName: 'Ready',
      Statistic: 'Minimum',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      Period: 60,
      DatapointsToAlarm: 2,
      EvaluationPeriods: 2,
      TreatMissingData: 'ignore',
    })
  })

  it('"Account fault" wants two bad sweeps, and keeps its state while nobody sweeps', () => {
    expect(alarmCalled('Account fault')).toMatchObject({
      MetricName: 'AccountFault',
      Statistic: 'Maximum',
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 1,
      DatapointsToAlarm: 2,
      EvaluationPeriods: 2,
      TreatMissingData: 'ignore',
    })
  })

  it('"Somebody asks" stays on for ten minutes, so that a task now and then is one outage and not many', () => {
    expect(alarmCalled('Somebody asks')).toMatchObject({
      MetricName: 'Demand',
      Statistic: 'Maximum',
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 1,
      Period: 60,
      DatapointsToAlarm: 1,
      EvaluationPeriods: 10,
      TreatMissingData: 'ignore',
    })
  })

  it('"Paused by a person" follows each sweep, and keeps its state while nobody sweeps', () => {
    expect(alarmCalled('Paused by a person')).toMatchObject({
      MetricName: 'Paused',
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 1,
      DatapointsToAlarm: 1,
      EvaluationPeriods: 1,
      TreatMissingData: 'ignore',
    })
  })

  it('"Sweep silent" fires on missing data, but not while the first sweep is still to come (row 33)', () => {
    expect(alarmCalled('Sweep silent')).toMatchObject({
      MetricName: 'SweepHeartbeat',
      Statistic: 'Sum',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      Period: 60,
      DatapointsToAlarm: 3,
      EvaluationPeriods: 3,
      TreatMissingData: 'breaching',
      WarmUpConfiguration: { WarmUpPeriodDurationInMinutes: 10, OnlyStartEvaluatingAfterWarmUpPeriodEnds: true },
    })
  })

  it('"Dead letters" counts new ones, so that it ends by itself and fires again', () => {
    expect(alarmCalled('Dead letters')).toMatchObject({
      MetricName: 'DeadLetters',
      Statistic: 'Sum',
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 0,
      DatapointsToAlarm: 1,
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
    })
  })

  it('"Backlog age" comes before most tasks expire', () => {
    expect(alarmCalled('Backlog age')).toMatchObject({
      MetricName: 'BacklogSeconds',
      Statistic: 'Maximum',
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 240,
      DatapointsToAlarm: 3,
      EvaluationPeriods: 3,
      TreatMissingData: 'ignore',
    })
  })

  it.each(['submit', 'collect', 'pingback', 'sweep', 'health'] as const)(
    'on errors of %s wants them to go on',
    (name) => {
      expect(alarmCalled(`${name.charAt(0).toUpperCase()}${name.slice(1)} errors`)).toMatchObject({
        Namespace: 'AWS/Lambda',
        MetricName: 'Errors',
        Dimensions: [{ Name: 'FunctionName', Value: { Ref: functionOf(everything, name).id } }],
        Statistic: 'Sum',
        Threshold: 1,
        Period: 60,
        DatapointsToAlarm: 3,
        EvaluationPeriods: 5,
        TreatMissingData: 'notBreaching',
      })
    },
  )

  it.each(['submit', 'collect', 'pingback'] as const)(
    'on loops of %s fires at the first invocation that Lambda refused, and takes silence for health',
    (name) => {
      expect(alarmCalled(`${name.charAt(0).toUpperCase()}${name.slice(1)} loops stopped`)).toMatchObject({
        Namespace: 'AWS/Lambda',
        MetricName: 'RecursiveInvocationsDropped',
        Dimensions: [{ Name: 'FunctionName', Value: { Ref: functionOf(everything, name).id } }],
        Statistic: 'Sum',
        ComparisonOperator: 'GreaterThanThreshold',
        Threshold: 0,
        Period: 60,
        DatapointsToAlarm: 1,
        EvaluationPeriods: 1,
        TreatMissingData: 'notBreaching',
      })
    },
  )

  it('never looks at a shorter period than the time between two sweeps', () => {
    const slow = templateOf('dev', { sweepSeconds: '300' })
    for (const name of [
      'Not ready',
      'Account fault',
      'Somebody asks',
      'Paused by a person',
      'Sweep silent',
      'Dead letters',
      'Backlog age',
    ])
      expect(alarmCalled(name, slow)).toMatchObject({ Period: 300 })
    expect(alarmCalled('Sweep silent', slow)).toMatchObject({
      WarmUpConfiguration: { WarmUpPeriodDurationInMinutes: 25 },
    })
    expect(alarmCalled('Not ready', templateOf('local'))).toMatchObject({ Period: 60 })
  })
})
