import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Names that the CDK command line did not get by `-c`. It merges the context of ~/.cdk.json, cdk.json and
 * cdk.context.json with that of its command line and passes all of it as one.
 */
export function foreignContext(project: string, home: string): ReadonlySet<string> {
  return new Set([
    ...namesIn(read(join(home, '.cdk.json')), 'context'),
    ...namesIn(read(join(project, 'cdk.json')), 'context'),
    ...namesIn({ all: read(join(project, 'cdk.context.json')) }, 'all'),
  ])
}

/** A file that cannot be read has no names; the CDK command line has already reported it. */
function read(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

function namesIn(value: unknown, key: string): string[] {
  const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
  return typeof found === 'object' && found !== null ? Object.keys(found) : []
}
