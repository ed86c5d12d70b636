import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const lines = readFileSync(join(ROOT, 'docs/aws.md'), 'utf8').split('\n')
const rows = lines
  .filter((line) => line.startsWith('| **'))
  .map((line) => line.replaceAll('\\|', '¦').split('|').slice(1, -1))
const nameOf = (row: string[]) => row[0]?.match(/\*\*(.+?)\*\*/)?.[1] ?? ''

describe('the table of what AWS does', () => {
  it('says in every row the behaviour, its source, what rests on it, and where it is modelled or asserted', () => {
    expect(rows.length).toBeGreaterThan(25)
    for (const row of rows) {
      expect(row, nameOf(row)).toHaveLength(4)
      for (const cell of row) expect(cell.trim().length, nameOf(row)).toBeGreaterThan(8)
    }
  })

  it('names only files that exist, and at least one in each row', () => {
    for (const row of rows) {
      const files = [...(row[3] ?? '').matchAll(/`([^`]+)`/g)].map(([, file]) => file ?? '')
      expect(files.length, nameOf(row)).toBeGreaterThan(0)
      for (const file of files) expect(existsSync(join(ROOT, file)), `${nameOf(row)}: ${file}`).toBe(true)
    }
  })

  it('has each behaviour once', () => {
    const names = rows.map(nameOf)
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  })
})
