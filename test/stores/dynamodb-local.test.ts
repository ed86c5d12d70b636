import { dynamodbLocalEngine } from '../engines/dynamodb-local.ts'
import { describeEngine } from '../engines/engine.ts'
import { dynamoSuites } from './dynamo-suites.ts'

describeEngine(dynamodbLocalEngine, (running) => dynamoSuites(running, { runs: 40, tellsRefused: true }))
