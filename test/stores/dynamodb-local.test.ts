import { describe } from 'vitest'
import { dynamodbLocalEngine } from '../engines/dynamodb-local.ts'
import { describeEngine } from '../engines/engine.ts'
import { dynamoRaces } from './dynamo-races.ts'
import { dynamoSuites } from './dynamo-suites.ts'

/** All that needs AWS's own engine is here, because starting it takes two seconds of CPU. */
describeEngine(dynamodbLocalEngine, (running) => {
  dynamoSuites(running, { runs: 40, tellsRefused: true })
  describe('races', () => dynamoRaces(running))
})
