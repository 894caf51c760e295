import assert from 'node:assert/strict'
import { test } from 'node:test'
import { feed, sequenceOf } from './kmsg-device.ts'

test('the sequence number is the second field of a record', () => {
  assert.equal(sequenceOf('14,90210,5550001,-;nodemend-bench: line 3'), 90210)
})

test('a feed writes every line once, in order, and no faster than asked', async () => {
  const written: string[] = []
  const fed = await feed((text) => written.push(text), {
    perSecond: 2000,
    burst: 10,
    seconds: 0.05,
    text: (index) => `line ${index}`,
  })
  assert.equal(fed.lines, 100)
  assert.deepEqual(
    written,
    Array.from({ length: 100 }, (_, index) => `line ${index}`),
  )
  assert.ok(fed.elapsedMs >= 44, `${fed.elapsedMs} ms for 10 bursts 5 ms apart`)
})
