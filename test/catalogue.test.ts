/** The shipped catalogue: it loads, every sample does what it says, every entry is worth reading. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { compileShipped, loadShipped } from '../src/catalog/shipped.ts'
import { compileMatcher } from '../src/detect/match/compile.ts'
import { decoders } from '../src/detect/match/decoders.ts'
import { runSamples } from '../src/detect/match/samples.ts'

const folder = join(import.meta.dirname, '..', 'catalog')

/** The least number of rules that the bench bars are stated for. */
const leastRules = 120

test('every sample of every shipped rule holds against the whole catalogue', () => {
  const run = runSamples(loadShipped(folder), compileMatcher(compileShipped(folder), decoders))
  assert.deepEqual(
    run.failures.map((one) => `${one.file}:${one.line}: ${one.message}`),
    [],
  )
  assert.ok(run.samples > leastRules)
})

test(`there are at least ${leastRules} rules`, () => {
  assert.ok(compileShipped(folder).rules.length >= leastRules)
})

test('the tables are whole: Xid 1 to 176, 421 SXids, 96 decode rows', () => {
  const { tables } = compileShipped(folder)
  const codes = tables.xids.map((row) => row.code)
  assert.deepEqual(
    codes,
    [...new Set(codes)].sort((a, b) => a - b),
  )
  assert.equal(codes.length, 176)
  assert.equal(tables.sxids.length, 421)
  assert.equal(tables.nvlink5.length, 96)
})

test('every fatal hardware reason that a line shows has a drill line, and the line shows it', () => {
  const files = loadShipped(folder)
  const matcher = compileMatcher(compileShipped(folder), decoders)
  const wrong = files.flatMap((file) =>
    file.content.reasons
      .filter((entry) => entry.severity === 'fatal' && entry.scope === 'hardware' && entry.detect.length > 0)
      .filter((entry) => !matcher.matchText(entry.drill?.kmsg ?? '').some((match) => match.entry === entry.reason))
      .map((entry) => `${file.file}: ${entry.reason}`),
  )
  assert.deepEqual(wrong, [])
})

test('application findings are never fatal', () => {
  const wrong = compileShipped(folder).reasons.filter((one) => one.scope === 'application' && one.severity === 'fatal')
  assert.deepEqual(wrong, [])
})
