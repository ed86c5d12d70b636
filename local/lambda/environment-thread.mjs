/**
 * The inside of one execution environment: loads the bundle and answers one invocation at a time. Plain JavaScript,
 * because a thread that first has to load the type stripper starts 65 ms later and is 11 MB larger.
 */
import { createRequire } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'

const { file, handler, context, limitMs, begun } = workerData

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

/** See `makeEnvironmentInbox`: false if the invocation was taken back. */
const mayBegin = (order) => Atomics.compareExchange(begun, 0, order, (order + 1) | 0) === order

async function run({ event, requestId, trace }) {
  const began = performance.now()
  const deadline = Date.now() + limitMs
  // As Lambda does it: the SDK's clients send it on, so that a message carries the chain that led to it.
  process.env._X_AMZN_TRACE_ID = trace
  const own = {
    ...context,
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  }
  const answer = (ended) => parentPort.postMessage({ ended, ms: performance.now() - began })
  try {
    answer({ kind: 'returned', payload: JSON.stringify(await handle(JSON.parse(event), own)) ?? 'null' })
  } catch (error) {
    answer({ kind: 'threw', ...describe(error) })
  }
}

/** What an invocation has written has left the thread before the next one begins, which might end the thread. */
const writes = () => process.stdout.writableLength + process.stderr.writableLength > 0
async function written() {
  while (writes()) await new Promise((resolve) => setImmediate(resolve))
}

const line = []
let running = false
parentPort.on('message', async (invocations) => {
  line.push(...invocations)
  if (running) return
  running = true
  for (let next = line.shift(); next !== undefined; next = line.shift()) {
    if (writes()) await written()
    if (mayBegin(next.order)) await run(next)
  }
  running = false
})
