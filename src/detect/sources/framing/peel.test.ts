import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { peel } from './peel.ts'

const text = 'watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [x:1]'

const framings: readonly (readonly [name: string, line: string, writer: string])[] = [
  ['raw record', `4,812,99123456,-;${text}`, 'kernel'],
  ['raw record with a caller', `4,812,99123456,-,caller=T77;${text}`, 'kernel'],
  ['raw continuation', `4,812,99123456,c;${text}`, 'kernel'],
  ['raw record from user space', `12,812,99123456,-;${text}`, 'userspace'],
  ['dmesg', `[   99.123456] ${text}`, 'kernel'],
  ['dmesg of a long uptime', `[16450076.435595] ${text}`, 'kernel'],
  ['dmesg with a caller', `[   99.123456][ T1946] ${text}`, 'kernel'],
  ['caller alone', `[ T1946] ${text}`, 'kernel'],
  ['dmesg -T', `[Sun Feb 23 16:24:18 2025] ${text}`, 'kernel'],
  ['dmesg -r', `<4>[   99.123456] ${text}`, 'kernel'],
  ['dmesg -x', `kern  :warn  : [   99.123456] ${text}`, 'kernel'],
  ['dmesg --time-format iso', `2025-02-23T16:24:18,123456+00:00 ${text}`, 'kernel'],
  ['dmesg -x --time-format iso', `kern  :err   : 2025-02-23T16:24:18,028841-06:00 ${text}`, 'kernel'],
  ['dmesg -H, a new minute', `[Feb22 04:01] ${text}`, 'kernel'],
  ['dmesg -H, the same minute', `[  +0.000001] ${text}`, 'kernel'],
  ['syslog', `Feb 23 16:24:18 node1 kernel: [   99.123456] ${text}`, 'kernel'],
  ['syslog with a one-digit day', `Feb  3 16:24:18 node1 kernel: ${text}`, 'kernel'],
  ['RFC 3339 syslog', `2025-02-23T16:24:18.123456+00:00 node1 kernel: ${text}`, 'kernel'],
  ['journalctl short-monotonic', `[   99.123456] node1 kernel: ${text}`, 'kernel'],
  ['kernel: alone', `kernel: ${text}`, 'kernel'],
  ['kernel: and uptime', `kernel: [16450076.435595] ${text}`, 'kernel'],
  ['a process that quotes it', `Feb 23 16:24:18 node1 sudo[77]: ${text}`, 'process'],
  ['RFC 3339 process', `2025-02-23T16:24:18Z node1 app[77]: ${text}`, 'process'],
  ['nothing', text, 'unknown'],
]

for (const [name, line, writer] of framings) {
  test(`framing: ${name}`, () => {
    const peeled = peel(line)
    assert.deepEqual([peeled.text, peeled.writer], [text, writer])
  })
}

test('a dictionary line of a raw record means nothing', () => {
  const { text: nothing, writer } = peel(' SUBSYSTEM=pci')
  assert.deepEqual([nothing, writer], ['', 'kernel'])
})

test('text with colons after an iso stamp of dmesg is not taken for a process', () => {
  const line = '2025-02-23T16:24:18,123456+00:00 nvme nvme0: I/O 12 QID 3 timeout, aborting'
  assert.equal(peel(line).text, 'nvme nvme0: I/O 12 QID 3 timeout, aborting')
})

test('never throws and never invents text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (line) => {
      assert.ok(line.includes(peel(line).text))
    }),
  )
})
