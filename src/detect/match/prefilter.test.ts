import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { buildPrefilter } from './prefilter.ts'

function find(literals: readonly string[], line: string): string[] {
  const bytes = Buffer.from(line)
  return [...buildPrefilter(literals).find(bytes, 0, bytes.length)].map((id) => literals[id] ?? '').sort()
}

test('finds literals that overlap or contain each other, in any letter case', () => {
  assert.deepEqual(find(['he', 'she', 'hers', 'his'], 'uSHErs'), ['he', 'hers', 'she'])
  assert.deepEqual(find(['Xid', 'NVRM: Xid'], 'nvrm: xid'), ['NVRM: Xid', 'Xid'])
  assert.deepEqual(find(['abc'], ''), [])
})

test('searches only the given part of the buffer', () => {
  const filter = buildPrefilter(['oom'])
  const bytes = Buffer.from('oom oom')
  assert.deepEqual([...filter.find(bytes, 1, 6)], [])
  assert.deepEqual([...filter.find(bytes, 1, 7)], [0])
})

test('agrees with a plain search for every set of literals and every line', () => {
  const letters = fc.constantFrom('a', 'b', 'A', 'é', '\x00')
  const word = fc.string({ unit: letters, minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(
      fc.uniqueArray(word, { maxLength: 12, selector: fold }),
      fc.string({ unit: letters }),
      (literals, line) => {
        const expected = literals.filter((literal) => fold(line).includes(fold(literal))).sort()
        assert.deepEqual(find(literals, line), expected)
      },
    ),
  )
})

/** Folds ASCII letters only, as the kernel's own texts need. */
function fold(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}
