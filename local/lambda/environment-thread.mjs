/**
 * The inside of one execution environment: loads the bundle and answers one invocation at a time. Plain JavaScript,
 * because a thread that first has to load the type stripper starts 65 ms later and is 11 MB larger.
 */
import { createRequire } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'

const { file, handler, context } = workerData

/** As Lambda reports what a function threw. */
const describe = (error) =>
  error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, stack: String(error.stack) }
    : { errorType: typeof error, errorMessage: String(error), stack: '' }

let handle
try {
  handle = createRequire(file)(file)[handler]
  if (typeof handle !== 'function') throw new Error(`${file} has no function ${handler}`)
  parentPort.postMessage({ kind: 'ready' })
} catch (error) {
  parentPort.postMessage({ kind: 'broken', ...describe(error) })
}

parentPort.on('message', async ({ event, requestId, deadline, trace }) => {
  // As Lambda does it: the SDK's clients send it on, so that a message carries the chain that led to it.
  process.env._X_AMZN_TRACE_ID = trace
  const own = {
    ...context,
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  }
  try {
    const payload = JSON.stringify(await handle(JSON.parse(event), own)) ?? 'null'
    parentPort.postMessage({ kind: 'returned', requestId, payload })
  } catch (error) {
    parentPort.postMessage({ kind: 'threw', requestId, ...describe(error) })
  }
})
