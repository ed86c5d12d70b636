import { spawnSync } from 'node:child_process'

const COMMAND = 'promtool'

/** Prometheus's own checker of metrics and rules. */
export const promtool = {
  name: COMMAND,
  missing: () =>
    spawnSync(COMMAND, ['--version']).error === undefined
      ? null
      : 'it needs promtool; install it with: apt-get install prometheus',
}

/** What promtool says to these arguments; empty: it found nothing. */
export function promtoolFindings(args: readonly string[], input = ''): string {
  const { status, stdout, stderr, error } = spawnSync(COMMAND, args, { input, encoding: 'utf8' })
  if (error !== undefined) throw error
  return status === 0 ? '' : `${stdout}${stderr}`.trim() || `exit code ${status}`
}
