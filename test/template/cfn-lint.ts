import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const VERSION = '1.58.0'

/** Where `LIFESIGN_CFN_LINT` says, or in the virtual environment in the checkout's temporary folder. */
function findCfnLint(): string | null {
  const places = [process.env.LIFESIGN_CFN_LINT, join(import.meta.dirname, '../../.tmp/venv/bin/cfn-lint')]
  return places.find((place) => place !== undefined && existsSync(place)) ?? null
}

/** AWS's own schemas of every resource type, and rules about them. */
export const cfnLint = {
  name: 'cfn-lint',
  missing: () =>
    findCfnLint() === null
      ? `it needs cfn-lint; install it with: python3 -m venv .tmp/venv && .tmp/venv/bin/pip install cfn-lint==${VERSION}`
      : null,
}

/** What cfn-lint says of the template in that file, one finding a line; empty: nothing. */
export function findingsIn(file: string): string {
  const command = findCfnLint()
  if (command === null) throw new Error('cfn-lint is not there')
  // W3005: a DependsOn that a reference implies already. CDK writes those, and they change nothing.
  const args = ['--format', 'parseable', '--ignore-checks', 'W3005', '--template', file]
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (error !== undefined) throw error
  return status === 0 ? '' : `${stdout}${stderr}`.trim() || `exit code ${status}`
}
