import type { Message } from './ports.ts'

/** What a use case needs to know of its invocation. */
export interface Invocation {
  id: string
  /** When the function will be killed, by the clock of the use case. */
  endsAt: number
  /** The table never answered, so nobody knows what time it is: nothing that depends on it may be decided. */
  blind?: boolean
}
/** Answers the ids of the messages that must come back. */
export type BatchUseCase = (messages: Message[], invocation: Invocation) => Promise<string[]>
