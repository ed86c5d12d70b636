import { expect, it, onTestFinished, vi } from 'vitest'
import { makeEmbeddedCount } from '../../functions/runtime/embedded-metric.ts'
import { makeLog } from '../../functions/runtime/log.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'

/** What a function prints, which is what CloudWatch Logs reads. */
function printed(): string[] {
  const lines: string[] = []
  const print = vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(line))
  onTestFinished(() => print.mockRestore())
  return lines
}

it('a count is printed as one line of the embedded metric format, in the namespace and under the fleet of the metrics of the sweep', () => {
  const lines = printed()
  makeEmbeddedCount('prod', memoryClock(NOON))('PingbacksRefused', 3)
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    {
      _aws: {
        Timestamp: NOON,
        CloudWatchMetrics: [
          {
            Namespace: 'Lifesign',
            Dimensions: [['Fleet']],
            Metrics: [{ Name: 'PingbacksRefused', Unit: 'Count' }],
          },
        ],
      },
      Fleet: 'prod',
      PingbacksRefused: 3,
    },
  ])
  expect(lines[0]).not.toContain('\n')
})

it('a line of the log is printed on standard output', () => {
  const lines = printed()
  makeLog({ function: 'submit' })('info', 'swept')
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ function: 'submit', message: 'swept' }])
})
