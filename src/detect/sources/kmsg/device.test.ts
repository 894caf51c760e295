import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { buildPrefilter } from '../../match/prefilter.ts'
import { createSkimmer } from '../../monitors/kernel/skim.ts'
import { openKmsgDevice } from './device.ts'
import type { Skimmer } from './reader.ts'
import { emptyRecord } from './record.ts'

test('a device that ends at once is no kernel log, and says so instead of being read for ever', () => {
  const reader = openKmsgDevice('/dev/null')
  assert.throws(() => reader.next(emptyRecord()), /\/dev\/null ends: it is not the kernel log's device/)
  reader.close()
})

/** A FIFO gives what the device gives, save that one read may hold several records. */
function openFifo(t: TestContext, skimmer?: () => Skimmer) {
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-'))
  const path = join(folder, 'kmsg')
  execFileSync('mkfifo', [path])
  const writer = openSync(path, 'r+')
  const reader = openKmsgDevice(path, skimmer)
  t.after(() => {
    reader.close()
    closeSync(writer)
    rmSync(folder, { recursive: true })
  })
  let sequence = 0
  const write = (count: number) => {
    for (let n = 0; n < count; n++) writeSync(writer, `6,${sequence},1,-;line ${sequence++}\n`)
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
  return { reader, write, drain }
}

test('waits without a thread until there is something, and the record that ended the wait comes first', async (t) => {
  const { reader, write, drain } = openFifo(t)
  assert.deepEqual(drain(), { handed: [], passed: 0 })
  const woken = reader.wake()
  write(2)
  await woken
  assert.deepEqual(drain(), { handed: [0, 1], passed: 0 })
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
