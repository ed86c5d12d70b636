/** What brings the fleet as a whole into trouble in some seeds, beside their faults. Times are seconds of the run. */
export type Trouble =
  /** A person pauses the fleet, and resumes. */
  | { kind: 'pause'; from: number; until: number }
  /** Nothing of the first provider answers. */
  | { kind: 'outage'; from: number; until: number }
  /** Nothing of the first provider answers in every second half of this many seconds. */
  | { kind: 'flaky'; everySeconds: number }
  /** The first provider works on few captchas at a time; `told`: its account call answers on how many. */
  | { kind: 'threads'; threads: number; told: boolean }
  /**
   * The key of the first provider is refused until somebody stores a good one. `isNew`: somebody had stored a wrong
   * one; else the old one has expired.
   */
  | { kind: 'key'; from: number; until: number; isNew: boolean }

/** Whether nothing of the first provider answers at this second of the run. */
export function isOut(trouble: Trouble | null, second: number): boolean {
  if (trouble?.kind === 'outage') return second >= trouble.from && second < trouble.until
  return trouble?.kind === 'flaky' && second % trouble.everySeconds >= trouble.everySeconds / 2
}
