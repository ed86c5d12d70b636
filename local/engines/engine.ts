/** An engine that this process runs. */
export interface Engine {
  port: number
  url: string
  /** Calls since the engine started; see RequestCounts. */
  requests(): Record<string, number>
  stop(): Promise<void>
}
