import { describe, expect, it } from 'vitest'
import { until } from '../bundles.ts'
import { startFleetHere, taskOf, without } from './fleet-here.ts'

describe('a fleet whose template lacks a right', () => {
  it('a function lacks a right: seen on this machine, before a deploy (row 62)', async () => {
    const fleet = await startFleetHere({ change: without('dynamodb:PutItem', 'SubmitWorker') })
    await fleet.send('tasks', taskOf('one'))
    const lacking =
      /^submit its role lacks the right dynamodb:PutItem on arn:aws:dynamodb:us-east-1:000000000000:table\/lifesign/
    await until('the right is named', () => fleet.lines.some((line) => lacking.test(line)), 20_000)
    const inFunction = (line: string) => line.startsWith('submit {') && line.includes('AccessDeniedException')
    await until("AWS's own error is in the function's log", () => fleet.lines.some(inFunction), 20_000)
    expect(fleet.simulator.ledger()).toEqual([]) // nothing is paid for without a claim
    expect(await fleet.task('one')).toBeUndefined()
    // The others have theirs, and nothing but what was taken away is refused.
    const refused = new Set(fleet.lines.flatMap((line) => /lacks the right (\S+)/.exec(line)?.[1] ?? []))
    expect([...refused]).toEqual(['dynamodb:PutItem'])
  })

  it('does not start where Lambda itself could not feed the function, as AWS would refuse the event source', async () => {
    const starting = startFleetHere({ change: without('sqs:ReceiveMessage', 'CollectWorker') })
    await expect(starting).rejects.toThrow(
      /collect: .*not authorized to perform: sqs:receivemessage on resource: .*lifesign-polls/,
    )
  })
})
