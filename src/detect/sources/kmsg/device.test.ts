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

test('a device that ends at once is no kernel log, and says so instead of being read for ever', () => {
  const reader = openKmsgDevice('/dev/null', { clock: new SteppedClock() })
  assert.throws(() => reader.next(emptyRecord()), /\/dev\/null ends: it is not the kernel log's device/)
  reader.close()
})

/** A FIFO gives what the device gives, save that one read may hold several records. */
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
  /** Reads to the end: the sequences that were handed over, and how many were passed over. */
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

test('waits without a thread until there is something, and the record that ended the wait comes first', async (t) => {
  const { reader, write, drain } = openFifo(t)
  assert.deepEqual(drain(), { handed: [], passed: 0 })
  const woken = reader.wake()
  write(2)
  await woken
  assert.deepEqual(drain(), { handed: [0, 1], passed: 0 })
})

test('a record that goes on after a silence is joined to the one before the silence', async (t) => {
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

test('records that were read before the device failed are handed over first', (t) => {
  const { reader, write, writer } = openFifo(t)
  write(2)
  const view = emptyRecord()
  assert.deepEqual([reader.next(view), reader.next(view), reader.next(view)], ['record', 'record', 'nothing'])
  write(1)
  closeSync(writer)
  assert.equal(reader.next(view), 'record')
  assert.throws(() => reader.next(view), /ends: it is not the kernel log's device/)
})

test('a wait that fails opens the device anew and leaves no descriptor behind', async (t) => {
  const { reader, writer, path } = openFifo(t)
  const open = () => readdirSync('/proc/self/fd').length
  const view = emptyRecord()
  assert.equal(reader.next(view), 'nothing')
  const before = open()
  const woken = reader.wake()
  closeSync(writer) // the end of a FIFO, where the device would say that its ring was overwritten
  await woken
  const next = openSync(path, 'r+')
  t.after(() => closeSync(next))
  assert.equal(open(), before)
  writeSync(next, '6,5,1,-;line 5\n')
  assert.equal(reader.next(view), 'record')
  assert.equal(view.sequence, 5)
})

test('a source counts what was passed over, and what is missing behind it', async (t) => {
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
  await clock.advance(shortestPauseMs) // from here on it is busy
  write(400)
  write(1, 'kernel panic')
  write(200)
  skip(7)
  write(300)
  await clock.advance(longestBusyPauseMs)
  source.stop()
  assert.equal(sum('records'), 1 + 100 + 400 + 1 + 200 + 300)
  assert.equal(sum('records') - sum('plain'), texts.length)
  assert.ok(sum('plain') > 800, `${sum('plain')} were passed over`)
  assert.equal(sum('lost'), 7)
  assert.equal(batches.at(-1)?.position, 1009)
  assert.ok(texts.includes('kernel panic'))
})

test('a busy log is skimmed until it is silent again', async (t) => {
  let asked = 0
  const { reader, write, drain } = openFifo(t, () => {
    asked++
    return createSkimmer(buildPrefilter(['panic']).tables)
  })
  write(100)
  assert.equal(drain().handed.length, 100, 'what was there at the opening does not make it busy')
  write(60)
  assert.deepEqual([drain().handed.length, asked], [60, 0])
  write(10)
  assert.deepEqual(drain(), { handed: [169], passed: 9 })
  const woken = reader.wake()
  write(2)
  await woken
  assert.deepEqual(drain(), { handed: [170, 171], passed: 0 })
})
