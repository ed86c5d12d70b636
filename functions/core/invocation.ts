import type { Message } from './ports.ts'

/** What a use case needs to know of its invocation. */
export interface Invocation {
  id: string
  /** When the function will be killed, by the clock of the use case. */
  endsAt: number
}
/** Answers the ids of the messages that must come back. */
export type BatchUseCase = (messages: Message[], invocation: Invocation) => Promise<string[]>
