/** Every reason fires in a test, and the committed record of which test raises which reason is true. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { coverageOf, filesOf, readFired, runAndRecord } from './coverage.ts'

const folder = join(import.meta.dirname, '..', '..', 'catalog')
/** The bar for faults that a real kernel, journal or service had. */
const leastReal = 35

test('every reason is raised by a test', () => {
  const dark = coverageOf(folder).filter(({ samples, unit }) => samples === 0 && unit.length === 0)
  const remedy = 'let a test of its monitor look at files that raise it, then npm run coverage'
  assert.deepEqual(
    dark.map(({ reason }) => reason),
    [],
    remedy,
  )
})

test(`at least ${leastReal} reasons are raised by a real fault`, () => {
  const real = coverageOf(folder).filter((one) => one.real.length > 0)
  assert.ok(real.length >= leastReal, `${real.length}: ${real.map(({ reason }) => reason).join(' ')}`)
})

test('what the record says of the tests of monitors is what they raise', () => {
  const recorded = readFired().filter(({ kind }) => kind === 'unit')
  assert.deepEqual(
    runAndRecord(filesOf('unit')),
    [...new Set(recorded.map(({ reason }) => reason))].sort(),
    'npm run coverage',
  )
})

test('the record of real faults names tests that are there', () => {
  const files = new Set(filesOf('real'))
  assert.deepEqual(
    readFired().filter(({ kind, file }) => kind === 'real' && !files.has(file)),
    [],
    'npm run coverage, as root',
  )
})
