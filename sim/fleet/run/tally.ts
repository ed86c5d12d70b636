import type { Report } from './run-seeds.ts'

/** The reports of many seeds, added up. */
export function makeTally() {
  const injected = new Map<string, number>()
  const sums = { seeds: 0, tasks: 0, charges: 0, events: 0, seconds: 0 }
  const broken: Report[] = []
  return {
    broken,
    sums,
    injected,
    add(report: Report): void {
      sums.seeds++
      sums.tasks += report.tasks
      sums.charges += report.charges
      sums.events += report.events
      sums.seconds += report.seconds
      for (const [name, count] of report.injected) injected.set(name, (injected.get(name) ?? 0) + count)
      if (report.broken !== null) broken.push(report)
    },
    text(realSeconds: number): string {
      const rate = (count: number) => Math.round(count / realSeconds)
      const days = (sums.seconds / 86_400).toFixed(1)
      const list = (crashes: boolean) =>
        [...injected]
          .filter(([name]) => name.startsWith('crash at ') === crashes)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, count]) => `${name.replace('crash at ', '')} ${count}`)
          .join(', ')
      return [
        `${sums.seeds} seeds, ${sums.tasks} tasks, ${sums.charges} charges, ${sums.events} events, ${days} virtual days`,
        `in ${realSeconds.toFixed(1)} s: ${rate(sums.seeds)} seeds/s, ${rate(sums.tasks)} tasks/s`,
        `faults: ${list(false)}`,
        `crashes at: ${list(true)}`,
      ].join('\n')
    },
  }
}
