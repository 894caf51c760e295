import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { SteppedClock } from '../../../telemetry/clock.ts'
import { openKmsgFile } from './file.ts'
import type { KmsgReader } from './reader.ts'
import { emptyRecord } from './record.ts'

/** The text of every record that is there, and the position to go on from as the source counts it. */
function readAll(reader: KmsgReader): { texts: string[]; position: number } {
  const record = emptyRecord()
  const texts: string[] = []
  let position = 0
  for (let outcome = reader.next(record); outcome !== 'nothing'; outcome = reader.next(record)) {
    texts.push(Buffer.from(reader.buffer.subarray(record.textStart, record.textEnd)).toString())
    position = record.sequence + 1
  }
  return { texts, position }
}

function logFile(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-kmsg-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'kmsg')
  writeFileSync(path, text)
  return path
}

for (const first of ['6,1,100,-;first', 'first', 'x']) {
  test(`a reader that goes on after "${first}" does not read the rest of it again`, (t) => {
    const path = logFile(t, `${first}\n`)
    const clock = new SteppedClock()
    const before = openKmsgFile({ path, clock })
    const { position } = readAll(before)
    before.close()
    appendFileSync(path, '6,2,200,-;second\n')
    const after = openKmsgFile({ path, clock, from: position })
    assert.deepEqual(readAll(after).texts, ['second'])
    after.close()
  })
}

test('a file that became shorter is read from its start', (t) => {
  const path = logFile(t, '6,1,100,-;a long first line\n')
  const reader = openKmsgFile({ path, clock: new SteppedClock(), from: 1_000 })
  assert.deepEqual(readAll(reader).texts, ['a long first line'])
  reader.close()
})
