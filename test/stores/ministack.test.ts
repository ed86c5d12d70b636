import { describeEngine } from '../engines/engine.ts'
import { ministackEngine } from '../engines/ministack.ts'
import { sqsSuites } from './sqs-suites.ts'

describeEngine(ministackEngine, (running) => sqsSuites(running))
