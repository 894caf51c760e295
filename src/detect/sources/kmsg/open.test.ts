import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { SteppedClock } from '../../../telemetry/clock.ts'
import { KernelLog, kindOfLog, openLog } from './open.ts'

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'nodemend-log-'))
  t.after(() => rmSync(path, { recursive: true }))
  return path
}

test('a device that is not the kernel log, and a folder, are refused with a remedy', (t) => {
  assert.throws(() => kindOfLog('/dev/null'), /a device, but not the kernel log; mount the host’s \/dev\/kmsg/)
  assert.throws(() => openLog('/dev/zero', new SteppedClock()), /not the kernel log/)
  assert.throws(() => kindOfLog(folder(t)), /is a folder; give the kernel log or a file with --kmsg/)
  assert.throws(() => openLog(join(folder(t), 'none'), new SteppedClock()), { code: 'ENOENT' })
})

/** Fails the test when it is called: a file's reader needs no skimmer. */
const device = { skimmer: () => assert.fail('a file is not skimmed') }

test('a log that is absent at first may become a file, and then stays a file', (t) => {
  const path = join(folder(t), 'kmsg')
  const log = new KernelLog(path, new SteppedClock(), {})
  assert.equal(log.cursor, 'kmsg')
  assert.throws(() => log.open(undefined, device), { code: 'ENOENT' })
  writeFileSync(path, '')
  log.open(undefined, device).close()
  assert.equal(log.cursor, `file:${path}`)
  assert.equal(new KernelLog(join(path, 'gone'), new SteppedClock(), { [`file:${path}/gone`]: 7 }).kind, 'file')
})

test('a position of one kind of log is not used for another', (t) => {
  const path = join(folder(t), 'kmsg')
  const log = new KernelLog(path, new SteppedClock(), {})
  writeFileSync(path, '')
  assert.throws(() => log.open(4711, device), /was a device and is now a file; restart the agent/)
})
