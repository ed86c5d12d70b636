import { dynaliteEngine } from '../engines/dynalite.ts'
import { describeEngine } from '../engines/engine.ts'
import { dynamoSuites } from './dynamo-suites.ts'

describeEngine(dynaliteEngine, (running) => dynamoSuites(running, { runs: 60, tellsRefused: false }))
