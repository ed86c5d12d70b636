import type { Call, EngineAnswer } from './call.ts'

/**
 * What an interceptor does with an allowed call. `pass`: the call goes to the engine. `answer`: the caller gets this
 * answer, and the engine is not called (for example an AWS throttling error). `change`: the engine gets another body or
 * more headers, and `answer` may replace the engine's answer. Only a complete answer is replaced: an answer that the
 * engine cuts off reaches the caller cut off.
 */
export type Intercepted =
  | { kind: 'pass' }
  | { kind: 'answer'; answer: EngineAnswer }
  | {
      kind: 'change'
      body?: Buffer
      headers?: Readonly<Record<string, string>>
      answer?: (answer: EngineAnswer) => EngineAnswer | Promise<EngineAnswer>
    }

/**
 * Adds limits of AWS that no local engine has. Interceptors run in their order, and each gets the call as changed by
 * the ones before. The first that answers ends the chain. An interceptor sees the requests of functions and event
 * sources (`call.caller`), never those of clients, which call the engines directly.
 */
export type Interceptor = (call: Call) => Intercepted | Promise<Intercepted>

interface Passed {
  kind: 'pass'
  call: Call
  /** Headers to add to the caller's. */
  headers: Record<string, string>
  /** Replaces the engine's answer. Absent: the answer is passed on as it arrives. */
  answer?: (answer: EngineAnswer) => Promise<EngineAnswer>
}

export async function intercept(
  call: Call,
  interceptors: readonly Interceptor[],
): Promise<Passed | { kind: 'answer'; answer: EngineAnswer }> {
  const passed: Passed = { kind: 'pass', call, headers: {} }
  for (const interceptor of interceptors) {
    const said = await interceptor(passed.call)
    if (said.kind === 'answer') return said
    if (said.kind === 'pass') continue
    if (said.body !== undefined) passed.call = { ...passed.call, body: said.body }
    Object.assign(passed.headers, said.headers)
    const [inner, outer] = [passed.answer, said.answer]
    if (outer !== undefined) passed.answer = async (answer) => outer(inner === undefined ? answer : await inner(answer))
  }
  return passed
}
