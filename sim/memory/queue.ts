import type { Message, OutgoingMessage, QueueName } from '../../functions/core/message/message.ts'
import { type Lineage, NO_LINEAGE } from '../aws/lineage.ts'
import { makeHeap } from '../support/heap.ts'

interface QueueSettings {
  /** Seconds a received message stays hidden. */
  visibilitySeconds: number
  /** Receives after which a message goes to the dead letters; absent: never. */
  maxReceiveCount?: number
  /** Where it goes. */
  deadLetters?: MemoryQueue
  /** Messages that may be received and not deleted; above it a receive answers with none. Absent: any number. */
  inFlightMessages?: number
}

/** A message as the queue holds it. */
export interface Held {
  readonly messageId: string
  readonly body: string
  readonly attributes: Record<string, string>
  readonly sentAt: number
  /** The chain of invocations that sent it. */
  readonly lineage: Lineage
  /** Visible from then on. */
  visibleAt: number
  /** Hidden by a delay (false) or by a receive (true) until `visibleAt`. */
  received: boolean
  receiveCount: number
  /** The receipt of the last receive; earlier ones are stale. */
  receipt: string
  /** Tells the entries of the timetable that still hold. */
  turn: number
}

/**
 * One SQS standard queue, as far as the fleet can tell: delay, visibility timeout, receive counts, receipts that go
 * stale, and redrive, which keeps the message id. Receiving is in order of becoming visible; who wants disorder asks
 * for it with delays.
 */
export interface MemoryQueue {
  readonly name: QueueName
  readonly held: Map<string, Held>
  send(message: OutgoingMessage, lineage?: Lineage): Held
  receive(limit: number): Message[]
  /** False where the receipt is stale or unknown: then nothing happens. */
  hide(receipt: string, seconds: number): boolean
  remove(receipt: string): boolean
  /** Shows a hidden message at once, as if its visibility had run out: at-least-once delivery at its worst. */
  reveal(messageId: string): void
  /** Puts a message in as another queue's redrive does: same id, body, attributes and time. */
  accept(message: Held): void
  counts(): { visible: number; hidden: number; delayed: number }
  /** When the next message becomes visible (or was); infinite where none will. */
  nextVisibleAt(): number
  /** Told whenever a message got another time of becoming visible. */
  changed: () => void
}

export function memoryQueue(name: QueueName, settings: QueueSettings, now: () => number): MemoryQueue {
  const held = new Map<string, Held>()
  const byReceipt = new Map<string, Held>()
  const timetable = makeTimetable()
  let sent = 0
  const put = (message: Held) => {
    held.set(message.messageId, message)
    timetable.add(message)
    queue.changed()
  }
  const move = (message: Held, visibleAt: number) => {
    message.visibleAt = visibleAt
    message.turn++
    timetable.add(message)
    queue.changed()
  }
  const drop = (message: Held) => {
    byReceipt.delete(message.receipt)
    held.delete(message.messageId)
    message.turn++
  }
  const exhausted = (message: Held) =>
    settings.deadLetters !== undefined && message.receiveCount >= (settings.maxReceiveCount ?? Infinity)
  const inFlightRoom = (): number => {
    if (settings.inFlightMessages === undefined) return Number.POSITIVE_INFINITY
    return Math.max(0, settings.inFlightMessages - queue.counts().hidden)
  }
  const queue: MemoryQueue = {
    name,
    held,
    changed: () => {},
    send({ body, delaySeconds = 0, attributes = {} }, lineage = NO_LINEAGE) {
      const messageId = `${name}-${++sent}`
      const at = now()
      const rest = { visibleAt: at + delaySeconds * 1000, received: false, receiveCount: 0, receipt: '', turn: 0 }
      const message: Held = { messageId, body, attributes: { ...attributes }, sentAt: at, lineage, ...rest }
      put(message)
      return message
    },
    accept(message) {
      put({ ...message, visibleAt: now(), received: false, receiveCount: 0, receipt: '', turn: 0 })
    },
    receive(limit) {
      const messages: Message[] = []
      const most = Math.min(limit, inFlightRoom())
      while (messages.length < most) {
        const message = timetable.take(now())
        if (message === undefined) break
        if (held.get(message.messageId) !== message) continue
        if (exhausted(message)) {
          drop(message)
          settings.deadLetters?.accept(message)
          continue
        }
        byReceipt.delete(message.receipt)
        message.receiveCount++
        message.received = true
        message.receipt = `${message.messageId}/${message.receiveCount}`
        byReceipt.set(message.receipt, message)
        move(message, now() + settings.visibilitySeconds * 1000)
        const { messageId, body, receipt, receiveCount, sentAt, attributes } = message
        messages.push({ messageId, body, receipt, receiveCount, sentAt, attributes: { ...attributes } })
      }
      return messages
    },
    hide(receipt, seconds) {
      const message = byReceipt.get(receipt)
      if (message === undefined || message.visibleAt <= now()) return false
      move(message, now() + seconds * 1000)
      return true
    },
    remove(receipt) {
      const message = byReceipt.get(receipt)
      if (message === undefined) return false
      drop(message)
      return true
    },
    reveal(messageId) {
      const message = held.get(messageId)
      if (message !== undefined && message.visibleAt > now()) move(message, now())
    },
    counts() {
      const at = now()
      let [visible, hidden] = [0, 0]
      for (const message of held.values()) {
        if (message.visibleAt <= at) visible++
        else if (message.received) hidden++
      }
      return { visible, hidden, delayed: held.size - visible - hidden }
    },
    nextVisibleAt: () => timetable.next(),
  }
  return queue
}

/** Messages by the time at which they become visible. Entries that no longer hold are skipped. */
function makeTimetable() {
  const entries = makeHeap<{ at: number; turn: number; message: Held }>()
  const first = () => {
    let entry = entries.first()
    for (; entry !== undefined && entry.turn !== entry.message.turn; entry = entries.first()) entries.take()
    return entry
  }
  return {
    add(message: Held): void {
      entries.add({ at: message.visibleAt, turn: message.turn, message })
    },
    next: (): number => first()?.at ?? Number.POSITIVE_INFINITY,
    take(now: number): Held | undefined {
      const entry = first()
      return entry === undefined || entry.at > now ? undefined : entries.take()?.message
    },
  }
}
