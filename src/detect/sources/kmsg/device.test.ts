import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { SteppedClock, seededRandom } from '../../../telemetry/clock.ts'
import { buildPrefilter } from '../../match/prefilter.ts'
import { LineJoiner } from './continuation.ts'
import { openKmsgDevice } from './device.ts'
import { longestBusyPauseMs, shortestPauseMs } from './pace.ts'
import type { Skimmer } from './reader.ts'
import { emptyRecord } from './record.ts'
import { createSkimmer } from './skim.ts'
import { type Batch, KmsgStream } from './stream.ts'
import { textOf } from './testing/scripted-log.ts'

test('a device that ends at once is refused as not the kernel log, and not read for ever', () => {
  const reader = openKmsgDevice('/dev/null', { clock: new SteppedClock() })
  assert.throws(() => reader.next(emptyRecord()), /\/dev\/null ends: it is not the kernel log's device/)
  reader.close()
})

/** A FIFO behaves like the device, except that one read may return several records. */
function openFifo(t: TestContext, skimmer?: () => Skimmer) {
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-'))
  const path = join(folder, 'kmsg')
  execFileSync('mkfifo', [path])
  const writer = openSync(path, 'r+')
  const reader = openKmsgDevice(path, { clock: new SteppedClock(), ...(skimmer && { skimmer }) })
  t.after(() => {
    reader.close()
    rmSync(folder, { recursive: true })
  })
  let sequence = 0
  const write = (count: number, text?: string) => {
    for (const end = sequence + count; sequence < end; sequence++) {
      writeSync(writer, `6,${sequence},1,-;${text ?? `line ${sequence}`}\n`)
    }
  }
  const skip = (count: number) => {
    sequence += count
  }
  /** Reads to the end. Returns the sequence numbers handed over, and how many records were skipped as plain. */
  const drain = () => {
    const view = emptyRecord()
    const handed: number[] = []
    let passed = 0
    for (let outcome = reader.next(view); ; outcome = reader.next(view)) {
      passed += reader.passed
      if (outcome === 'nothing') return { handed, passed }
      handed.push(view.sequence)
    }
  }
  return { reader, writer, path, write, skip, drain }
}

test('waits without a thread, and first returns the record that ended the wait', async (t) => {
  const { reader, write, drain } = openFifo(t)
  assert.deepEqual(drain(), { handed: [], passed: 0 })
  const woken = reader.wake()
  write(2)
  await woken
  assert.deepEqual(drain(), { handed: [0, 1], passed: 0 })
})

test('a continuation after a silence is joined to the record before the silence', async (t) => {
  const { reader, writer } = openFifo(t)
  const joiner = new LineJoiner()
  const view = emptyRecord()
  writeSync(writer, '6,0,1,-;a line \n')
  assert.equal(reader.next(view), 'record')
  joiner.take(reader.buffer, view)
  assert.equal(reader.next(view), 'nothing')
  const woken = reader.wake()
  writeSync(writer, '6,1,2,c;and its rest\n')
  await woken
  assert.equal(reader.next(view), 'record')
  const joined = joiner.take(reader.buffer, view)
  assert.equal(joined && Buffer.from(joined.bytes.subarray(0, joined.end)).toString(), 'a line and its rest')
})

test('records read before the device failed are handed over first', (t) => {
  const { reader, write, writer } = openFifo(t)
  write(2)
  const view = emptyRecord()
  assert.deepEqual([reader.next(view), reader.next(view), reader.next(view)], ['record', 'record', 'nothing'])
  write(1)
  closeSync(writer)
  assert.equal(reader.next(view), 'record')
  assert.throws(() => reader.next(view), /ends: it is not the kernel log's device/)
})

test('a failed wait reopens the device and leaks no descriptor', async (t) => {
  const { reader, writer, path } = openFifo(t)
  const open = () => readdirSync('/proc/self/fd').length
  const view = emptyRecord()
  assert.equal(reader.next(view), 'nothing')
  const before = open()
  const woken = reader.wake()
  closeSync(writer) // ends the FIFO; the device would report an overwritten ring
  await woken
  const next = openSync(path, 'r+')
  t.after(() => closeSync(next))
  assert.equal(open(), before)
  writeSync(next, '6,5,1,-;line 5\n')
  assert.equal(reader.next(view), 'record')
  assert.equal(view.sequence, 5)
})

test('a source counts plain records, and records missing after them', async (t) => {
  const { path, write, skip } = openFifo(t)
  const clock = new SteppedClock()
  const texts: string[] = []
  const batches: Batch[] = []
  const source = new KmsgStream({
    open: () => openKmsgDevice(path, { clock, skimmer: () => createSkimmer(buildPrefilter(['panic']).tables) }),
    clock,
    random: seededRandom(1),
    sink: {
      record: (bytes, record) => texts.push(textOf(bytes, record)),
      batch: (batch) => batches.push(batch),
      broke: assert.fail,
    },
  })
  const sum = (field: 'records' | 'plain' | 'lost') => batches.reduce((total, batch) => total + batch[field], 0)
  write(1)
  source.start()
  write(100)
  await clock.advance(shortestPauseMs) // the log is busy from here on
  write(400)
  write(1, 'kernel panic')
  write(200)
  skip(7)
  write(300)
  await clock.advance(longestBusyPauseMs)
  source.stop()
  assert.equal(sum('records'), 1 + 100 + 400 + 1 + 200 + 300)
  assert.equal(sum('records') - sum('plain'), texts.length)
  assert.ok(sum('plain') > 800, `${sum('plain')} were plain`)
  assert.equal(sum('lost'), 7)
  assert.equal(batches.at(-1)?.position, 1009)
  assert.ok(texts.includes('kernel panic'))
})

test('a busy log is skimmed until it falls silent', async (t) => {
  let asked = 0
  const { reader, write, drain } = openFifo(t, () => {
    asked++
    return createSkimmer(buildPrefilter(['panic']).tables)
  })
  write(100)
  assert.equal(drain().handed.length, 100, 'records from before the opening do not make the log busy')
  write(60)
  assert.deepEqual([drain().handed.length, asked], [60, 0])
  write(10)
  assert.deepEqual(drain(), { handed: [169], passed: 9 })
  const woken = reader.wake()
  write(2)
  await woken
  assert.deepEqual(drain(), { handed: [170, 171], passed: 0 })
})
