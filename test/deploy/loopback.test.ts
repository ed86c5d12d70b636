import { describe, expect, test } from 'vitest'
import { cdk, cloudEnvironment, lifesign } from './cloud.ts'
import { leaveOut } from './left-out.ts'

describe('the deploy lane refuses any endpoint that is not on this machine', () => {
  const outside = [
    'https://cloudformation.us-east-1.amazonaws.com',
    'http://10.0.0.4:4566',
    'http://127.0.0.1.example.com:4566',
    'http://localhost.example.com',
    'http://[2001:db8::1]:4566',
    'http://example.com/?127.0.0.1',
    'http://127.0.0.1@example.com/',
    'no url',
    '',
  ]
  test.each(outside)('%s', async (endpoint) => {
    expect(() => cloudEnvironment(endpoint)).toThrow('is not on this machine')
    await expect(cdk(endpoint, 'deploy')).rejects.toThrow('is not on this machine')
    await expect(lifesign(endpoint, 'send')).rejects.toThrow('is not on this machine')
  })

  test.each(['http://127.0.0.1:4566', 'http://localhost:4566', 'http://[::1]:4566'])('%s is taken', (endpoint) => {
    expect(cloudEnvironment(endpoint).AWS_ENDPOINT_URL).toBe(endpoint)
  })
})

describe('resource types that the engine lacks', () => {
  const template = {
    Resources: {
      Pager: { Type: 'AWS::CloudWatch::CompositeAlarm' },
      Queue: { Type: 'AWS::SQS::Queue', DependsOn: ['Pager', 'Topic'] },
      Topic: { Type: 'AWS::SNS::Topic', DependsOn: 'Pager' },
    },
  }
  test('are taken out with what depends on them, and named', () => {
    const left = leaveOut(template, ['AWS::CloudWatch::CompositeAlarm'])
    expect(left.names).toEqual(['Pager (AWS::CloudWatch::CompositeAlarm)'])
    expect(left.template).toEqual({
      Resources: { Queue: { Type: 'AWS::SQS::Queue', DependsOn: ['Topic'] }, Topic: { Type: 'AWS::SNS::Topic' } },
    })
  })
  test('that somebody refers to cannot be left out silently', () => {
    const used = { Resources: { ...template.Resources, User: { Type: 'X', Properties: { Ref: 'Pager' } } } }
    expect(() => leaveOut(used, ['AWS::CloudWatch::CompositeAlarm'])).toThrow('Pager is used')
  })
})
