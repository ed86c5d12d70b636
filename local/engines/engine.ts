/** An engine that this process runs. */
export interface Engine {
  port: number
  url: string
  /** Calls since it started; see RequestCounts. */
  requests(): Record<string, number>
  stop(): Promise<void>
}
