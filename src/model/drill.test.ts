import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type DrillMark,
  drillModes,
  flagOf,
  flagText,
  holdsMark,
  longestDrillMs,
  markText,
  readMark,
  restrainingDrill,
  withoutFlag,
} from './drill.ts'

const id = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,31}$/)
const mark: fc.Arbitrary<DrillMark> = fc
  .tuple(id, fc.constantFrom(...drillModes), fc.integer({ min: 0, max: 3600 }))
  .map(([name, mode, seconds]) => ({ id: name, mode, forMs: seconds * 1000 }))
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

test('a mark that is written is read again, and the rest is the line as it was', () => {
  fc.assert(
    fc.property(mark, fc.string().map(trimmed), (one, line) => {
      fc.pre(!line.includes('nodemend-drill='))
      assert.deepEqual(readMark(`${line} ${markText(one)}`), { mark: one, rest: line })
    }),
  )
})

test('bytes hold a mark exactly where the text has its word, also at the ends of a longer buffer', () => {
  fc.assert(
    fc.property(fc.string(), fc.boolean(), fc.string(), (before, has, after) => {
      const line = bytesOf(`${before}${has ? 'nodemend-drill=' : ''}${after}`)
      const buffer = bytesOf('nodemend-drill=x').length
      const whole = new Uint8Array(buffer * 2 + line.length)
      whole.set(bytesOf('nodemend-drill=x'), 0)
      whole.set(line, buffer)
      whole.set(bytesOf('nodemend-drill=x'), buffer + line.length)
      const expected = `${before}${has ? 'nodemend-drill=' : ''}${after}`.includes('nodemend-drill=')
      assert.equal(holdsMark(whole, buffer, buffer + line.length), expected)
    }),
  )
})

test('what cannot be read of a mark is the most careful: Observe, five minutes, never above an hour', () => {
  assert.deepEqual(readMark('x nodemend-drill=a')?.mark, { id: 'a', mode: 'Observe', forMs: 300_000 })
  assert.deepEqual(readMark('x nodemend-drill=a,enforce,60s')?.mark, { id: 'a', mode: 'Observe', forMs: 60_000 })
  assert.equal(readMark('x nodemend-drill=a,Enforce,99999s')?.mark.forMs, longestDrillMs)
  assert.equal(readMark(`x nodemend-drill=${'a'.repeat(33)}`), undefined)
  assert.equal(readMark('x nodemend-drill='), undefined)
})

test('only our own conditions, False, carry a flag; no other text can pass for one', () => {
  const message = `${flagText({ id: 'a', mode: 'Decide' })}GPU lost`
  const one = { type: 'KernelReady', status: 'False', message }
  assert.deepEqual(flagOf(one), { id: 'a', mode: 'Decide' })
  assert.equal(flagOf({ ...one, type: 'Ready' }), undefined)
  assert.equal(flagOf({ ...one, status: 'Unknown' }), undefined)
  assert.equal(restrainingDrill({ ...one, message: `${flagText({ id: 'a', mode: 'Enforce' })}GPU lost` }), undefined)
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.constant(message)), (text) => {
      assert.equal(flagOf({ ...one, message: withoutFlag(text) }), undefined)
    }),
  )
})

function trimmed(text: string): string {
  return text.trimEnd()
}
