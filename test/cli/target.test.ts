import { expect, test } from 'vitest'
import { targetOf } from '../../bin/commands/fleet/target.ts'
import { lifesign } from './scripted-fleet.ts'

const IN_FRANKFURT = 'https://sqs.eu-central-1.amazonaws.com/1/tasks'

test.each([
  [{ 'queue-url': IN_FRANKFURT }, 'eu-central-1', null],
  [{ 'queue-url': IN_FRANKFURT, region: 'eu-west-1' }, 'eu-west-1', null],
  [{ 'result-queue-url': IN_FRANKFURT }, 'eu-central-1', null],
  [{ table: 'mine', region: 'eu-west-1' }, 'eu-west-1', null],
  [{ stage: 'prod', region: 'eu-west-1' }, 'eu-west-1', null],
  [{ 'queue-url': 'http://127.0.0.1:9324/0/tasks' }, 'us-east-1', '127.0.0.1:9324'],
  [{ 'queue-url': 'http://localhost/0/tasks', region: 'eu-west-1' }, 'us-east-1', 'localhost'],
  [{}, 'us-east-1', '127.0.0.1:4100'],
])(
  'a fleet that is named with %o is asked in %s, at the address %s of this machine',
  async (flags, region, address) => {
    const { sqs } = targetOf(flags, { LIFESIGN_SQS_PORT: '4100' })
    expect(await sqs.config.region()).toBe(region)
    const endpoint = await sqs.config.endpoint?.()
    expect(endpoint === undefined ? null : [endpoint.hostname, endpoint.port ?? []].flat().join(':')).toBe(address)
    sqs.destroy()
  },
)

test.each(['0', '65536', '1.5', '-1', 'x'])('the port %j is refused before anything is asked, code 2', async (port) => {
  expect(await lifesign(['dead-letters'], { env: { LIFESIGN_SQS_PORT: port } })).toEqual({
    code: 2,
    out: [],
    err: ['lifesign: LIFESIGN_SQS_PORT must be a port number from 1 to 65535'],
  })
})
