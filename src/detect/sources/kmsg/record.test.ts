import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { emptyRecord, fromKernel, parseRecord, usecOf } from './record.ts'

function parse(text: string) {
  const bytes = Buffer.from(text, 'latin1')
  const view = emptyRecord()
  if (!parseRecord(bytes, 0, bytes.length, view)) return undefined
  return { ...view, usec: usecOf(bytes, view), text: bytes.toString('latin1', view.textStart, view.textEnd) }
}

describe('a record of /dev/kmsg', () => {
  it('has priority, sequence, stamp and text', () => {
    const got = parse('6,1234,5678901,-;EXT4-fs (sda1): mounted\n')
    assert.deepEqual(got && [got.priority, got.sequence, got.usec, got.continued], [6, 1234, 5678901, false])
    assert.equal(got?.text, 'EXT4-fs (sda1): mounted')
  })

  it('ends where its dictionary begins', () => {
    const got = parse('3,7,8,-,caller=T12;nvme0: reset\n SUBSYSTEM=nvme\n DEVICE=c240:0\n')
    assert.equal(got?.text, 'nvme0: reset')
  })

  it('keeps semicolons, commas and escapes in the text', () => {
    assert.equal(parse('3,7,8,-;a;b,c\\x0ad\n')?.text, 'a;b,c\\x0ad')
  })

  it('is continued by its flag, not by a caller field', () => {
    assert.equal(parse('4,1,2,c;x\n')?.continued, true)
    assert.equal(parse('4,1,2,+;x\n')?.continued, true)
    assert.equal(parse('4,1,2,-,caller=C1;x\n')?.continued, false)
  })

  it('comes from the kernel or user space according to its facility', () => {
    const view = emptyRecord()
    for (const [priority, kernel] of [
      [0, true],
      [7, true],
      [8, false],
      [12, false],
      [30, false],
    ] as const) {
      view.priority = priority
      assert.equal(fromKernel(view), kernel)
    }
  })

  it('never throws, wherever it is cut and whatever bytes it holds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const view = emptyRecord()
        if (parseRecord(bytes, 0, bytes.length, view)) assert.ok(view.textStart <= view.textEnd)
      }),
    )
  })

  it('is refused when its framing is incomplete', () => {
    for (const text of ['', '6', '6,1', '6,1,2', '6,1,2,-', 'NVRM: Xid', '6,x,2,-;t']) {
      assert.equal(parse(text), undefined, text)
    }
  })
})
