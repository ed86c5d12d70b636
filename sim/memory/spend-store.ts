import type { SpendStore } from '../../functions/core/ports.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

export interface MemorySpendStore extends SpendStore {
  /** Charges reserved and not given back: in the UTC hour, and in the UTC day, of `at`. */
  reserved(at: number): { hour: number; day: number }
}

/** `null`: no such limit. */
export function memorySpendStore(limits: { perHour: number | null; perDay: number | null }): MemorySpendStore {
  const hours = new Map<number, number>()
  const hourOf = (at: number) => Math.floor(at / HOUR)
  const spent = (at: number) => {
    let day = 0
    const first = Math.floor(at / DAY) * 24
    for (let hour = first; hour < first + 24; hour++) day += hours.get(hour) ?? 0
    return { hour: hours.get(hourOf(at)) ?? 0, day }
  }
  const add = (count: number, at: number) => {
    hours.set(hourOf(at), Math.max(0, (hours.get(hourOf(at)) ?? 0) + count))
  }
  const room = (at: number) => {
    const { hour, day } = spent(at)
    return { hour: (limits.perHour ?? Infinity) - hour, day: (limits.perDay ?? Infinity) - day }
  }
  return {
    reserved: spent,
    async reserve(wanted, now) {
      const { hour, day } = room(now)
      const reserved = Math.max(0, Math.min(wanted, hour, day))
      add(reserved, now)
      if (reserved === wanted) return { reserved, limit: null }
      return { reserved, limit: hour <= day ? 'hour' : 'day' }
    },
    async release(count, at) {
      add(-count, at)
    },
    async reached(now) {
      const { hour, day } = room(now)
      return hour <= 0 ? 'hour' : day <= 0 ? 'day' : null
    },
  }
}
