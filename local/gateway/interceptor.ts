import type { Call, EngineAnswer } from './call.ts'

/**
 * What becomes of a call that the caller's role allows.
 * `pass`: the engine gets it.
 * `answer`: the engine never hears of it; the caller gets this instead (for example an AWS throttling error).
 * `change`: the engine gets another body or more headers, and `answer` may replace what it says (only a whole answer:
 * one that the engine cuts off reaches the caller cut off).
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
 * A place for limits of AWS that no local engine shows. Interceptors are asked in their order, each with the call as
 * the ones before it changed it; the first that answers ends it. An interceptor sees the requests of the functions and
 * of the event sources (`call.caller`), never those of clients, which speak to the engines themselves.
 */
export type Interceptor = (call: Call) => Intercepted | Promise<Intercepted>

interface Passed {
  kind: 'pass'
  call: Call
  /** Headers that the caller did not send. */
  headers: Record<string, string>
  /** Replaces the engine's answer; absent: it goes through as it comes. */
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
