import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { compileShipped, loadShipped } from '../../catalog/shipped.ts'
import { decoders } from '../../detect/decode/decoders.ts'
import { compileMatchers } from '../../detect/match/compile.ts'
import { readMark } from '../../model/drill.ts'
import { injections } from '../injections/injections.ts'
import { endLineOf, linesOf } from './drill.ts'
import { subjectsOf, xidSubjects } from './subjects.ts'

const folder = join(import.meta.dirname, '..', '..', '..', 'catalog')
const catalogue = compileShipped(folder)
const files = loadShipped(folder)
const kmsg = compileMatchers(catalogue, decoders).of('kmsg')
const { subjects, undrillable } = subjectsOf(files, catalogue)
const lines = subjects.filter(({ line }) => line !== undefined)

test('every reason of the catalogue that the kernel log shows has a drill, and every other one says why it has none', () => {
  const entries = files.flatMap(({ content }) => content.reasons)
  const shown = entries.filter(({ detect }) => detect.some(({ source, recovery }) => source === 'kmsg' && !recovery))
  assert.deepEqual(
    shown.map(({ reason }) => reason).filter((reason) => !lines.some(({ entry }) => entry === reason)),
    [],
  )
  const known = new Set([...subjects.map(({ entry }) => entry), ...undrillable.map(({ reason }) => reason)])
  assert.deepEqual(known, new Set(entries.map(({ reason }) => reason)))
  assert.ok(undrillable.every(({ why }) => why.length > 10))
})

test('an injected line fits into a record, and without its mark means what the drill says', () => {
  const all = [...lines, ...xidSubjects(catalogue)]
  for (const subject of all) {
    const drill = { id: 'd'.repeat(32), node: 'a', mode: 'Decide', forMs: 3_600_000, subject } as const
    const [line = '', ...others] = linesOf(drill)
    assert.ok(Buffer.byteLength(`<3>${line}\n`) <= 1024, subject.reason)
    assert.equal(others.length, subject.times - 1)
    const read = readMark(line)
    assert.deepEqual(read?.mark, { id: drill.id, mode: 'Decide', forMs: 3_600_000 })
    const [match] = kmsg.matchText(read?.rest ?? '')
    assert.deepEqual(
      [match?.reason, match?.severity, match?.condition],
      [subject.reason, subject.severity, subject.condition],
    )
    assert.equal(readMark(endLineOf(drill) ?? '')?.mark.forMs, 0)
  }
  assert.ok(all.length > 250)
})

test('every injection names reasons that exist, and every real one is somebody’s', () => {
  const entries = new Set(files.flatMap(({ content }) => content.reasons.map(({ reason }) => reason)))
  for (const { name, reasons } of injections) {
    if (reasons !== 'kernel lines')
      assert.deepEqual(
        reasons.filter((reason) => !entries.has(reason)),
        [],
        name,
      )
    assert.ok(
      subjects.some(({ injection }) => injection === name),
      name,
    )
  }
})

test('a real fault is fatal only where its injection harms the node, for which a person must ask', () => {
  const harmless = new Set(injections.filter(({ harms }) => harms !== 'the node').map(({ name }) => name))
  const fatal = subjects.filter(
    ({ line, injection, severity }) => line === undefined && harmless.has(injection) && severity === 'fatal',
  )
  assert.deepEqual(fatal, [])
})

test('a real fault on a loop device is taken for no fault of the machine', () => {
  const found = subjects.find(({ entry, injection }) => entry === 'FilesystemReadOnly' && injection !== 'kernel-line')
  assert.equal(found?.severity, 'warning')
})
