import { describeEngine } from '../engines/engine.ts'
import { fauxqsEngine } from '../engines/fauxqs.ts'
import { sqsSuites } from './sqs-suites.ts'

describeEngine(fauxqsEngine, (running) => sqsSuites(running))
