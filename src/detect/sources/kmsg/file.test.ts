import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFileSync, closeSync, mkdtempSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { SteppedClock, seededRandom } from '../../../telemetry/clock.ts'
import { filePollMs, openKmsgFile } from './file.ts'
import type { KmsgReader } from './reader.ts'
import { emptyRecord } from './record.ts'
import { KmsgStream } from './stream.ts'
import { textOf } from './testing/scripted-log.ts'

/** Reads every record. Returns their texts and the position where the source would resume. */
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
  test(`a reader that resumes after "${first}" does not read the rest of it again`, (t) => {
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

test('a truncated file is read from its start, after the reader reports a restart', (t) => {
  const path = logFile(t, '6,1,100,-;a long first line\n')
  const reader = openKmsgFile({ path, clock: new SteppedClock(), from: 1_000 })
  assert.equal(reader.next(emptyRecord()), 'restarted')
  assert.deepEqual(readAll(reader).texts, ['a long first line'])
  reader.close()
})

/** Returns the texts that a source, resumed at `from`, hands over before and after `change`. */
async function around(path: string, change: () => void, from?: number) {
  const clock = new SteppedClock()
  const texts: string[] = []
  let restarts = 0
  const source = new KmsgStream({
    open: (position) => openKmsgFile({ path, clock, ...(position !== undefined && { from: position }) }),
    ...(from !== undefined && { from }),
    clock,
    random: seededRandom(1),
    sink: {
      record: (bytes, record) => texts.push(textOf(bytes, record)),
      batch: ({ restarted }) => {
        if (restarted) restarts++
      },
      broke: assert.fail,
    },
  })
  source.start()
  change()
  await clock.advance(5 * filePollMs)
  source.stop()
  return { texts, restarts }
}

test('a truncated file is a new log, even when the cursor lies behind its end', async (t) => {
  const path = logFile(t, '6,1,100,-;a long first line\n')
  const truncate = () => writeFileSync(path, '6,2,200,-;short\n')
  assert.deepEqual(await around(path, truncate), { texts: ['a long first line', 'short'], restarts: 1 })
  assert.deepEqual(await around(path, () => undefined, 1_000), { texts: ['short'], restarts: 1 })
})

test('a file that replaced the old one is read next, from its start', async (t) => {
  const path = logFile(t, '6,1,100,-;first\n')
  const rotate = () => {
    appendFileSync(path, '6,2,200,-;last words\n')
    renameSync(path, `${path}.1`)
    writeFileSync(path, '6,3,300,-;second\n6,4,400,-;third\n6,5,500,-;and a longer one than all before\n')
  }
  const { texts, restarts } = await around(path, rotate)
  assert.deepEqual(texts, ['first', 'last words', 'second', 'third', 'and a longer one than all before'])
  assert.equal(restarts, 1)
})

test('a FIFO ignores the position', async (t) => {
  const path = `${logFile(t, '')}.fifo`
  execFileSync('mkfifo', [path])
  const writer = openSync(path, 'r+')
  t.after(() => closeSync(writer))
  const { texts } = await around(path, () => writeFileSync(path, '6,1,100,-;first\n'), 1_000)
  assert.deepEqual(texts, ['first'])
})
