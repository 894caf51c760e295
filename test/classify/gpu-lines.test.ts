/** Lines of accelerator drivers with what each of them means (fixtures/kernel-lines/gpu.tsv), through `classify`. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Match } from '../../src/model/finding.ts'
import { classify, matcher } from './read.ts'

const root = join(import.meta.dirname, '..', '..')
const rows = readFileSync(join(root, 'fixtures', 'kernel-lines', 'gpu.tsv'), 'utf8')
  .split('\n')
  .slice(1)
  .filter((line) => line !== '')
  .map((line) => {
    const [text = '', kind = '', code = '', device = '', expected = ''] = line.split('\t')
    return { text, kind, code, device, expected }
  })
type Row = (typeof rows)[number]

const isTrouble = (match: Match): boolean => match.severity === 'warning' || match.severity === 'fatal'

/** What is wrong with the answer to one row, or undefined. */
function complaint(row: Row, text = row.text): string | undefined {
  const matches = classify(text).map(({ match }) => match)
  const family = row.kind.split(':').at(-1)
  if (row.expected === 'none') {
    // Another family may own the line: a disk's PCIe error is not an accelerator's.
    const wrong = matches.find((match) => match.family === family && isTrouble(match))
    return wrong && `means nothing, but was taken as ${wrong.reason}`
  }
  const match = matches.find((one) => one.family === family)
  if (!match) return `missed; got ${JSON.stringify(matches)}`
  const [severity, scope] = row.expected === 'app' ? ['warning', 'application'] : [row.expected, match.scope]
  const got = [match.severity, match.scope, String(match.code ?? ''), row.device === '' ? '' : (match.device ?? '')]
  const want = [severity, scope, row.code === '' ? String(match.code ?? '') : row.code, row.device]
  return JSON.stringify(got) === JSON.stringify(want) ? undefined : `got ${got.join(' ')}, want ${want.join(' ')}`
}

test('every labelled line of an accelerator driver means what it should', () => {
  const wrong = rows.flatMap((row) => {
    const why = complaint(row)
    return why === undefined ? [] : [`${row.text.slice(0, 100)}: ${why}`]
  })
  assert.deepEqual(wrong, [])
  assert.ok(rows.length >= 190)
})

test('framing does not change what a line means', () => {
  const bare = rows.filter((row) => /^(?:NVRM|nvidia|amdgpu|mlx5|pcieport|infiniband|efa|habanalabs)/.test(row.text))
  const framings = [
    '3,2201,4053054882,-;',
    '3,2201,4053054882,-,caller=T1946;',
    '[  416.096726] ',
    '[Sun Feb 23 16:24:18 2025] ',
    'May 19 07:08:57 ip-26-0-146-100 kernel: [680111.646286] ',
    'kernel: ',
    '2026-01-02T03:04:05+00:00 node-1 kernel: ',
  ]
  const wrong = framings.flatMap((framing) =>
    bare.flatMap((row) => {
      const why = complaint(row, framing + row.text)
      return why === undefined ? [] : [`${framing}${row.text.slice(0, 80)}: ${why}`]
    }),
  )
  assert.deepEqual(wrong, [])
})

test('a line that quotes a driver inside the text of somebody else means nothing', () => {
  const quoted = rows
    .filter(
      (row) => /^(?:xid|sxid|nvrm)$/.test(row.kind) && row.expected !== 'none' && /^(?:NVRM|nvidia)/.test(row.text),
    )
    .flatMap((row) => [
      `audit: type=1400 msg='${row.text}'`,
      `sudo[77]: root : COMMAND=/bin/grep ${row.text}`,
      `$ grep '${row.text}' /var/log/messages`,
    ])
  assert.ok(quoted.length > 100)
  const wrong = quoted.filter((text) => classify(text).some(({ match }) => isTrouble(match)))
  assert.deepEqual(wrong, [])
})

test('every Xid number from 0 to 100,000 is reported, known or not', () => {
  for (let code = 0; code <= 100_000; code++) {
    const [match] = matcher.matchText(`NVRM: Xid (PCI:0000:3b:00): ${code}, pid=1, name=x, some text`)
    assert.equal(match?.family, 'xid')
    assert.equal(match?.code, code)
    assert.equal(match?.reason, `NvidiaXID${code}${match?.severity === 'fatal' ? 'Error' : 'Warning'}`)
  }
})

test('cut, changed and binary lines never throw and always mean the same', () => {
  const texts = rows.map((row) => row.text)
  const edit = fc.record({
    text: fc.constantFrom(...texts),
    cut: fc.nat(400),
    at: fc.nat(400),
    junk: fc.uint8Array({ maxLength: 12 }),
  })
  fc.assert(
    fc.property(edit, ({ text, cut, at, junk }) => {
      const bytes = Buffer.concat([Buffer.from(text.slice(0, at)), junk, Buffer.from(text.slice(at, cut))])
      const first = matcher.matchBytes(bytes, 0, bytes.length)
      assert.deepEqual(matcher.matchBytes(bytes, 0, bytes.length), first)
      for (const match of first) assert.doesNotMatch(`${match.device} ${match.message}`, /\p{Cc}/u)
    }),
    { numRuns: 2000 },
  )
})

test('a line of any length is read in linear time', () => {
  const long = `NVRM: Xid (PCI:0000:3b:00): 13, pid=1, name=${'a b,'.repeat(20_000)}`
  assert.equal(matcher.matchText(long)[0]?.code, 13)
  assert.deepEqual(matcher.matchText(`NVRM: Xid (PCI:${'0000:'.repeat(30_000)}`), [])
})
