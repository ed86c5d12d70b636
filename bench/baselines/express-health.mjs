/**
 * The health server of the source documents: Express, one process, counters in memory, and the provider's balance kept
 * for 60 s. Same routes, rules, thresholds and bodies. Configured by RESULT_URL and API_KEY; prints its address.
 */
import express from 'express'

const { RESULT_URL = '', API_KEY = '' } = process.env
const KEEP_BALANCE_MS = 60_000
const SILENT_MS = 600_000
const FAILURES = 10

// One solved task: then every rule of the documents is at work, and the answer is ready.
const worker = { startedAt: Date.now(), solved: 1, failed: 0, failuresInARow: 0, lastSolveAt: Date.now() }
const cached = { balance: null, at: 0 }

const askForBalance = () => fetch(`${RESULT_URL}?key=${API_KEY}&action=getbalance&json=1`)

async function balanceNow() {
  if (cached.balance !== null && Date.now() - cached.at < KEEP_BALANCE_MS) return cached.balance
  try {
    const answer = await (await askForBalance()).json()
    cached.balance = Number.parseFloat(answer.request)
    cached.at = Date.now()
  } catch {
    // The documents show the old balance, however old it is.
  }
  return cached.balance
}

function successRate() {
  const total = worker.solved + worker.failed
  return total > 0 ? worker.solved / total : 1
}

const app = express()

app.get('/health/live', (_request, response) => {
  response.json({ status: 'ok', uptimeMs: Date.now() - worker.startedAt })
})

app.get('/health/ready', async (_request, response) => {
  const issues = []
  if (worker.failuresInARow >= FAILURES) issues.push(`consecutive_failures=${worker.failuresInARow}`)
  const silent = Date.now() - worker.lastSolveAt
  if (worker.solved > 0 && silent > SILENT_MS) issues.push(`no_solve_for=${Math.round(silent / 1000)}s`)
  const balance = await balanceNow()
  if (balance !== null && balance < 1) issues.push(`low_balance=$${balance.toFixed(2)}`)
  const rate = Math.round(successRate() * 1000) / 1000
  const stats = { solved: worker.solved, failed: worker.failed, successRate: rate, balance }
  if (issues.length > 0) response.status(503).json({ status: 'not_ready', issues, stats })
  else response.json({ status: 'ready', stats })
})

app.get('/health/dependencies', async (_request, response) => {
  const began = Date.now()
  const captchaaiApi = await askForBalance().then(
    ({ ok }) => ({ status: ok ? 'ok' : 'degraded', responseMs: Date.now() - began }),
    (error) => ({ status: 'down', error: error.message }),
  )
  const ok = captchaaiApi.status === 'ok'
  response.status(ok ? 200 : 503).json({ status: ok ? 'ok' : 'degraded', checks: { captchaaiApi } })
})

const server = app.listen(0, '127.0.0.1', () => console.log(`ready: http://127.0.0.1:${server.address().port}`))
