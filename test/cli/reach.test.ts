import { describe, expect, it } from 'vitest'
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
})
