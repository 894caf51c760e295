/** L5: what comes from the API or a log is fit for a terminal before it is printed. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { longestValue, type Shown, shown, shownText } from './shown.ts'

describe('L5: shown text', () => {
  test('escape sequences, breaks, marks of direction, invisible characters and broken pairs', () => {
    assert.equal(shownText('\u001b[31mred\u001b[0m'), '\\x1b[31mred\\x1b[0m')
    assert.equal(shownText('\u009b2J\u0007'), '\\x9b2J\\x07')
    assert.equal(shownText('one\r\n\ttwo\u2028three'), 'one two three')
    assert.equal(shownText('\u202egpj.exe\u2066\u200b\ufeff'), '\\u202egpj.exe\\u2066\\u200b\\ufeff')
    assert.equal(shownText('\ud800x\u{e0041}'), '\\ud800x\\u{e0041}')
    assert.equal(shownText('노드 — naïve ✓'), '노드 — naïve ✓')
  })

  test('18 kB are cut, and the cut is marked', () => {
    assert.equal(shownText('x'.repeat(18_000)), `${'x'.repeat(longestValue - 1)}…`)
    assert.equal([...shownText('\u0001'.repeat(18_000), 10)].length, 10)
    assert.equal(shownText('x'.repeat(longestValue)), 'x'.repeat(longestValue))
  })

  test('a template keeps its own text and makes its values fit', () => {
    assert.equal(shown`node ${'a\nb'}: ${3} of ${'\u001b'}`, 'node a b: 3 of \\x1b')
    // @ts-expect-error a string of the API is not shown text: the compiler refuses what was not made fit
    const raw: Shown = 'raw'
    assert.equal(raw, 'raw')
  })

  test('property: whatever goes in, one line of bounded length without what a terminal obeys comes out', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), fc.integer({ min: 1, max: 300 }), (text, most) => {
        const seen = shownText(text, most)
        assert.ok([...seen].length <= most)
        assert.doesNotMatch(seen, /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u)
        assert.equal(shownText(seen, most), seen)
      }),
    )
  })
})
