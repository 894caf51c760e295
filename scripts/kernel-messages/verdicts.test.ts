/** The committed verdicts hold together without a kernel source: well-formed, sorted, and of reasons that exist. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { compileShipped } from '../../src/catalog/shipped.ts'
import { figuresOf } from './figures.ts'
import { readAll, verdictFolder } from './page.ts'
import { byPlace, isNoEvent, verdictFile } from './verdicts.ts'

const catalogue = compileShipped(join(import.meta.dirname, '..', '..', 'catalog'))
const reasons = new Set(catalogue.reasons.map((one) => one.reason))
const all = readAll()

test('every verdict is well-formed, and every reason in it exists', () => {
  const told = (text: string): boolean => {
    const [reason = '', severity = '', more] = text.split('/')
    return reasons.has(reason) && /^(?:info|warning|fatal)$/.test(severity) && more === undefined
  }
  const wrong = all.flatMap(([, verdicts]) =>
    verdicts.filter(
      ({ hash, file, judgement, found }) =>
        !/^[\da-f]{10}$/.test(hash) ||
        !/^[a-z][\w./+-]+\.[ch]$/.test(file) ||
        !(isNoEvent(judgement) || told(judgement)) ||
        !(found === '-' || told(found) || (found === '=' && !isNoEvent(judgement))),
    ),
  )
  assert.deepEqual(wrong, [])
})

test('the files are sorted, and no message is judged twice', () => {
  const hashes = all.flatMap(([, verdicts]) => verdicts.map((one) => one.hash))
  assert.equal(new Set(hashes).size, hashes.length)
  for (const [name, verdicts] of all) {
    assert.deepEqual(
      verdicts.map((one) => one.hash),
      verdicts.toSorted(byPlace).map((one) => one.hash),
      name,
    )
    const rows = readFileSync(verdictFile(verdictFolder, name), 'utf8').trimEnd().split('\n')
    assert.equal(rows.length - 1, verdicts.length, name)
  }
})

test('of the judged events the catalogue told nineteen in twenty, and nothing that is none', () => {
  const figures = figuresOf(all.flatMap(([, verdicts]) => verdicts))
  assert.ok(figures.judged > 10_000)
  assert.ok(figures.recognised >= 0.95 * figures.relevant, JSON.stringify(figures))
  assert.equal(figures.falseAlarms, 0)
})
