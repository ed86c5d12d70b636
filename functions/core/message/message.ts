/** Messages of the queues, as the use cases see them. */

export type QueueName = 'tasks' | 'polls' | 'results' | 'deadLetters'

export interface OutgoingMessage {
  body: string
  /** 0 to 900. */
  delaySeconds?: number
  attributes?: Record<string, string>
}

/** A message to send, and the queue that it is for. */
export interface OutgoingTo {
  queue: QueueName
  message: OutgoingMessage
}

/** A received message, as Lambda hands it over. */
export interface Message {
  messageId: string
  body: string
  receipt: string
  /** 1 at the first receive. */
  receiveCount: number
  sentAt: number
  attributes: Record<string, string>
}
