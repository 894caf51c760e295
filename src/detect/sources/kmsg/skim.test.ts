import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { compiledFile, compileText, textFiles } from '../../../../scripts/wasm.ts'
import { buildPrefilter } from '../../match/prefilter.ts'
import { LineJoiner } from './continuation.ts'
import { batchBytes } from './reader.ts'
import { emptyRecord, parseRecord, recordEnd } from './record.ts'
import { createSkimmer } from './skim.ts'

test('the shipped WebAssembly is compiled from skim.wat: run `npm run wasm`', async () => {
  for (const path of textFiles) assert.equal(readFileSync(compiledFile(path), 'utf8'), await compileText(path))
})

/** Returns where the records begin that were not skipped, and how many were skipped. */
function skimmed(literals: readonly string[], log: Buffer, sequence: number) {
  const { tables } = buildPrefilter(literals)
  const skimmer = createSkimmer(tables)
  const [, buffer] = skimmer.buffers
  buffer.fill(0x39) // digits left by an earlier batch, where a loop could overrun
  buffer.set(log)
  const notable: number[] = []
  let passed = 0
  for (let at = 0, next = sequence; at < log.length; ) {
    at = skimmer.skim(buffer, at, log.length, next)
    passed += skimmer.passed
    notable.push(at)
    const view = emptyRecord()
    const framed = parseRecord(buffer, at, log.length, view)
    next = framed ? view.sequence + 1 : -1
    at = recordEnd(buffer, framed ? view.textEnd : at, log.length)
  }
  return { notable, passed }
}

const log = (...records: string[]): Buffer => Buffer.from(records.map((one) => `${one}\n`).join(''))

test('skips plain records but not the last one, which the next batch may continue', () => {
  const bytes = log(
    '6,7,100,-;one',
    '6,8,101,-;two\n SUBSYSTEM=pci\n DEVICE=+pci:0000:00:01.0',
    '6,9,102,-,caller=T1;three',
  )
  assert.deepEqual(skimmed(['panic'], bytes, 7), { notable: [bytes.indexOf('6,9,')], passed: 2 })
})

test('stops at a literal, a gap, a cut or unframed record, and before a continuation', () => {
  const last = '6,8,9,-;last'
  const stops = (record: string, ...more: string[]) => skimmed(['Kernel panic'], log(record, ...more, last), 7).notable
  assert.deepEqual(stops('6,7,1,-;one'), [12])
  assert.deepEqual(stops('6,7,1,-;a KERNEL PANIC'), [0, 23])
  assert.deepEqual(stops('6,6,1,-;one'), [0, 12])
  assert.deepEqual(stops('6,7,1;one'), [0, 10])
  assert.deepEqual(stops('six'), [0, 4])
  assert.deepEqual(stops('6,7,1,-;one', '6,8,1,c;and more'), [0, 12, 29])
  assert.deepEqual(skimmed([], Buffer.from('6,7,1,-;cut'), 7).notable, [0])
  assert.deepEqual(skimmed([], Buffer.from('6,7,1,-;x\n CUT=1'), 7).notable, [0])
})

test('finds a literal of any length, also in a full buffer', () => {
  const long = 'x'.repeat(300)
  assert.deepEqual(skimmed([long], log(`6,0,1,-;${long}`, '6,1,1,-;last'), 0).notable, [0, 309])
  const record = '6,0,1,-;'
  const full = Buffer.from(`${record}${'y'.repeat(batchBytes - record.length - 1)}\n`)
  assert.deepEqual(skimmed(['panic'], full, 0).notable, [0])
})

test('no skipped record has a literal, a gap or a continuation, whatever the bytes', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'é', ';', ',', '-', ' ', '7', '\n '), maxLength: 12 })
  const flags = fc.constantFrom('-', '-', '-', '-', 'c', '+', '-,caller=C1', '', 'x')
  const record = fc.record({
    step: fc.constantFrom(1, 1, 1, 1, 2, 0, -3),
    flags,
    text,
    priority: fc.constantFrom('6', '12', ''),
  })
  const literals = fc.uniqueArray(
    fc.string({ unit: fc.constantFrom('a', 'b', 'é', ' ', '7'), minLength: 1, maxLength: 5 }),
    { maxLength: 300 },
  )
  fc.assert(
    fc.property(literals, fc.array(record, { maxLength: 20 }), fc.boolean(), (those, records, cut) => {
      let sequence = 10
      const lines = records.map((one) => {
        sequence += one.step
        return `${one.priority},${sequence},5,${one.flags};${one.text}`
      })
      const bytes = cut ? log(...lines).subarray(0, -1) : log(...lines)
      const { notable, passed } = skimmed(those, bytes, 11)
      const every = oneByOne(those, bytes)
      assert.equal(notable.length + passed, every.length)
      for (const one of every) {
        if (!notable.includes(one.at)) assert.deepEqual(one, { at: one.at, framed: true, means: false, goesOn: false })
      }
    }),
    { numRuns: 2000 },
  )
})

/** Parses the same log record by record. */
function oneByOne(literals: readonly string[], bytes: Uint8Array) {
  const filter = buildPrefilter(literals)
  const joiner = new LineJoiner()
  const seen: { at: number; framed: boolean; means: boolean; goesOn: boolean }[] = []
  for (let at = 0; at < bytes.length; ) {
    const view = emptyRecord()
    const framed = parseRecord(bytes, at, bytes.length, view)
    const means = framed && filter.find(bytes, view.textStart, view.textEnd).length > 0
    const before = seen.at(-1)
    if (framed && joiner.take(bytes, view) && before) before.goesOn = true
    seen.push({ at, framed, means, goesOn: false })
    at = recordEnd(bytes, framed ? view.textEnd : at, bytes.length)
  }
  return seen
}
