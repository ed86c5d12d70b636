import { onTestFinished } from 'vitest'
import { type SimulatorOptions, startSimulator } from '../../sim/provider/simulator.ts'

export const V2 = { method: 'userrecaptcha', googlekey: 'k', pageurl: 'https://example.com' }

/** Our simulator until the test is over, without delays, and two ways to talk to it. */
export async function simulator(options: SimulatorOptions = {}) {
  const started = await startSimulator({ ...options, plan: { submitMs: 0, resultMs: 0, ...options.plan } })
  onTestFinished(() => started.stop())
  const read = async (response: Response) => {
    const answer: { status: number; request: string } = JSON.parse(await response.text())
    return answer
  }
  const submit = async (params: Record<string, string> = V2, key = started.key) => {
    const body = new URLSearchParams({ key, json: '1', ...params })
    return read(await fetch(`${started.url}/in.php`, { method: 'POST', body }))
  }
  const ask = async (params: Record<string, string>, key = started.key) =>
    read(await fetch(`${started.url}/res.php?${new URLSearchParams({ key, json: '1', ...params })}`))
  return { ...started, submit, ask }
}
