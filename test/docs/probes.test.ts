import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { VIEWS } from '../../functions/health/views.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/probes.md'), 'utf8')
const paths = [...page.matchAll(/(?<![\w.])\/(?:health(?:\/\w+)?|status|metrics|badge\.svg|runbook)\b/g)].map(
  ([path]) => path,
)

it('docs/probes.md names only views that there are', () => {
  expect(paths.length).toBeGreaterThan(20)
  expect(paths.filter((path) => !Object.hasOwn(VIEWS, path))).toEqual([])
})

it('docs/probes.md lets nothing be restarted but by the live view', () => {
  const [, restarts = ''] = /livenessProbe:\n {2}httpGet: \{ path: (\S+),/.exec(page) ?? []
  const [, starts = ''] = /startupProbe:\n {2}httpGet: \{ path: (\S+),/.exec(page) ?? []
  const [, traffic = ''] = /readinessProbe:\n {2}httpGet: \{ path: (\S+),/.exec(page) ?? []
  expect([restarts, starts, traffic]).toEqual(['/health/live', '/health/live', '/health/ready'])
})
