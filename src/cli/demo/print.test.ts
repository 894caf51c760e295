import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { testIo } from '../../../test/cli/io.ts'
import { startHistory } from '../../drill/fault-history.ts'
import { asideLine, asOf, farewell, handover, opening, stageLine } from './print.ts'
import { wrap } from './wrap.ts'

const longest = (text: string) => Math.max(...text.split('\n').map((line) => line.length))

test('L17: text is broken between words, no line is wider than the terminal, and no word is lost', () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,15}$/), { minLength: 1, maxLength: 60 })
  fc.assert(
    fc.property(words, fc.integer({ min: 40, max: 200 }), fc.integer({ min: 0, max: 20 }), (list, columns, indent) => {
      const lines = wrap(list.join(' '), columns, indent).split('\n')
      assert.ok(lines.every((line, index) => line.length <= columns - (index === 0 ? indent : 0)))
      assert.deepEqual(
        lines.flatMap((line) => line.trim().split(' ')),
        list,
      )
    }),
  )
})

test('L17: the timeline fits into 80 columns', () => {
  const io = testIo()
  const what = `Xid 79 on GPU 0000:3b:00: ${'the GPU has fallen off the bus '.repeat(5)}`
  const line = stageLine({ stage: 'finding', at: 5, what }, startHistory('a', 'KernelReady', 'line', 0), io)
  assert.match(line, /^ {4}0\.005 s {2}finding {5}Xid 79 /)
  assert.ok(longest(line) <= 80, line)
})

test('L17: a name that was printed is said to be gone, and what takes its place', () => {
  const io = testIo()
  const text = handover('workers-a', 'workers-b', io)
  assert.match(text.replaceAll('\n', ' '), /Node workers-a is gone: write workers-b in the commands above/)
  assert.doesNotMatch(handover('workers-a', 'workers-a', io), /gone/)
  const end = farewell('/tmp/nodemend-demo-x', io)
  assert.match(end.replaceAll('\n', ' '), /\/tmp\/nodemend-demo-x is removed/)
  assert.match(
    end.replaceAll('\n', ' '),
    /The nodes, the policy, the kubeconfig and the ports that were printed are gone/,
  )
  const start = opening(
    { path: '/tmp/x/kmsg', real: false, why: '/dev/kmsg cannot be read and written here (EACCES)' },
    io,
  )
  for (const one of [text, end, start]) assert.ok(longest(one) <= 80, one)
})

test('L17: a time that has passed is not shown as to come', () => {
  const io = testIo() // it is midnight
  const [before, after] = ['2025-12-31T23:59:59.000Z', '2026-01-01T00:00:01.000Z']
  const text = `settling until ${before}; to go on: it is still so at ${after}`
  assert.equal(
    asOf(text, io.clock.now()),
    `settling until ${before}, which has passed; to go on: it is still so at ${after}`,
  )
  assert.match(asideLine('waits', text, startHistory('a', 'KernelReady', 'line', 0), io), /which has/)
})
