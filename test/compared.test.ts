/** docs/reference/compared.md: one row per known weakness, and each test that a row names is there and runs. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const folder = join(import.meta.dirname, '..', 'docs', 'reference')
/** How many weaknesses each part of the list has. */
const parts: Readonly<Record<string, number>> = { A: 15, B: 13, C: 12, D: 10, E: 7, '6.1.': 16 }
/** What this agent does not do at all has no test. */
const withoutTest = ['A10', 'E5']

const rows = [
  ...readFileSync(join(folder, 'compared.md'), 'utf8').matchAll(/^\| ([A-E]\d+|6\.[\d.]+) \|.*\| (\S+) \|$/gm),
]
const names = rows.map(([, name = '']) => name)

test('each weakness has its row', () => {
  const wanted = Object.entries(parts).flatMap(([part, count]) =>
    Array.from({ length: count }, (_, n) => `${part}${n + 1}`),
  )
  assert.deepEqual([...names].sort(), [...wanted, '6.2', '6.3'].sort())
})

test('each row names a test, unless there is nothing to test', () => {
  const without: string[] = []
  for (const [, name = '', cell = ''] of rows) {
    const link = /^\[test\]\((.+\.test\.ts)\)$/.exec(cell)?.[1]
    if (link === undefined) without.push(name)
    else assert.match(readFileSync(join(folder, link), 'utf8'), /\b(?:it|test)\(/, name)
  }
  assert.deepEqual(without, withoutTest)
})
