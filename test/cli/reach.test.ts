import { describe, expect, it } from 'vitest'
import { Unreachable, UsageError } from '../../bin/commands/cli/exit.ts'
import { orUnreachable } from '../../bin/commands/fleet/or-unreachable.ts'

const named = (name: string, message: string) => Object.assign(new Error(message), { name })
const said = (error: Error): Promise<string> =>
  orUnreachable('the fleet of stage prod', () => Promise.reject(error)).then(
    () => 'nothing',
    (refused: unknown) => (refused instanceof Error ? refused.message : ''),
  )

describe('a command that AWS refuses', () => {
  it('says what an operator needs, where dead letters may not be received', async () => {
    const refusal = named(
      'AccessDenied',
      'User: arn:aws:iam::123456789012:user/anna is not authorized to perform: sqs:receivemessage on resource: ' +
        'arn:aws:sqs:us-east-1:123456789012:letters with an explicit deny in a resource-based policy',
    )
    const text = await said(refusal)
    expect(text).toContain('Lifesign-STAGE-operator')
    expect(text).toContain('lifesign-operator=STAGE')
    expect(text).not.toContain('\n')
  })

  it("says AWS's own words where another right is missing", async () => {
    const refusal = named('AccessDenied', 'not authorized to perform: sqs:sendmessage')
    expect(await said(refusal)).toBe('the fleet of stage prod: not authorized to perform: sqs:sendmessage')
  })

  it.each([
    [Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'nothing answers there; is it running (`npm start`)?'],
    [named('Error', 'connect ECONNREFUSED 127.0.0.1:9324'), 'nothing answers there; is it running (`npm start`)?'],
    [named('QueueDoesNotExist', 'x'), 'the queue does not exist; has the fleet been started or deployed?'],
    [
      named('AWS.SimpleQueueService.NonExistentQueue', 'x'),
      'the queue does not exist; has the fleet been started or deployed?',
    ],
    [named('CredentialsProviderError', 'x'), 'no AWS credentials; log in, or name a profile in AWS_PROFILE'],
    [named('Error', 'Region is missing'), 'no AWS region; say --region or set AWS_REGION'],
    [named('Throttled', ' too many \n of them'), 'too many'],
    [named('Throttled', ''), 'Throttled'],
    [named('', ''), 'no answer'],
  ])('with %o says in one line: %s', async (error, sentence) => {
    expect(await said(error)).toBe(`the fleet of stage prod: ${sentence}`)
  })

  it.each([
    ['gone', 'gone'],
    ['', 'no answer'],
  ])('says of what is no error (%j) its text: %s', async (thrown, sentence) => {
    await expect(orUnreachable('the fleet of stage prod', () => Promise.reject(thrown))).rejects.toThrow(
      `the fleet of stage prod: ${sentence}`,
    )
  })

  it.each([new Unreachable('gone'), new UsageError('say which')])(
    'keeps the sentence of %o as it is',
    async (error) => {
      await expect(orUnreachable('the fleet of stage prod', () => Promise.reject(error))).rejects.toBe(error)
    },
  )
})
