/** What services of a working node write all day, errors among it by their own word: none of it is a finding above info. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { compileShipped } from '../../src/catalog/shipped.ts'
import { decoders } from '../../src/detect/decode/decoders.ts'
import { compileMatchers } from '../../src/detect/match/compile.ts'

const root = join(import.meta.dirname, '..', '..')

test('no line of a working node means more than info, unless its reason counts lines', () => {
  const catalogue = compileShipped(join(root, 'catalog'))
  const matcher = compileMatchers(catalogue, decoders).of('journal')
  const counted = new Set(
    catalogue.reasons.filter(({ lifecycle }) => lifecycle.raise.count > 1).map((one) => one.reason),
  )
  const [, ...rows] = readFileSync(join(root, 'fixtures/journal-lines/harmless.tsv'), 'utf8').trimEnd().split('\n')
  assert.ok(rows.length > 30)
  const alarms = rows.flatMap((row) => {
    const [unit = '', line = ''] = row.split('\t')
    return matcher
      .matchText(line, [unit])
      .filter(({ severity, entry }) => severity !== 'info' && !counted.has(entry))
      .map(({ reason }) => `${reason}: ${line}`)
  })
  assert.deepEqual(alarms, [])
})
