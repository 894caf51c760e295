import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { compileShipped } from '../../../catalog/shipped.ts'
import { SteppedClock } from '../../../telemetry/clock.ts'
import { decoders } from '../../decode/decoders.ts'
import { openHost } from '../../host/host.ts'
import type { Cursors } from '../../ledger/state-file.ts'
import { createSteadyTime } from '../../ledger/steady-time.ts'
import { compileMatchers } from '../../match/compile.ts'
import type { LogSink } from '../log-source.ts'
import { linesOf } from './record.ts'
import { pstoreSource } from './source.ts'

const catalogue = compileShipped(join(import.meta.dirname, '..', '..', '..', '..', 'catalog'))
const matcher = compileMatchers(catalogue, decoders).of('pstore')
const dump = `Panic#1 Part1
<4>[  812.553001] CPU: 1 PID: 4242 Comm: bash Not tainted 6.1.0
<1>[  812.553000] BUG: kernel NULL pointer dereference, address: 0000000000000028
<0>[  812.553020][ T4242] Kernel panic - not syncing: Fatal exception in interrupt
`

function machine(t: TestContext, files: Readonly<Record<string, string>>) {
  const root = mkdtempSync(join(tmpdir(), 'nodemend-pstore-'))
  t.after(() => rmSync(root, { recursive: true }))
  const clock = new SteppedClock()
  const crashedAt = (clock.now() - 60_000) / 1_000
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
    utimesSync(join(root, path), crashedAt, crashedAt)
  }
  const time = createSteadyTime(clock, () => clock.monotonic(), 'boot', undefined)
  const told: string[] = []
  let cursors: Cursors = {}
  const sink: LogSink = {
    line: ({ bytes, at }) => {
      for (const { reason, message } of matcher.matchText(Buffer.from(bytes).toString()))
        told.push(`${reason}: ${message} ${(clock.now() - at()) / 1_000} s ago`)
    },
    batch: ({ cursor }) => {
      cursors = { pstore: cursor?.position ?? '' }
    },
    broke: (why) => told.push(why),
    absentLog: (why) => told.push(why),
  }
  const look = async (): Promise<readonly string[]> => {
    told.length = 0
    await pstoreSource({ host: openHost(root), time, cursors }).check(sink)
    return [...told]
  }
  return { look }
}

const said = [
  'PreviousBootPanic: the kernel panicked: its text was cut off 60 s ago',
  'PreviousBootOops: the kernel had a fault: BUG: kernel NULL pointer dereference, address: 0000000000000028 60 s ago',
  'PreviousBootPanic: the kernel panicked: Fatal exception in interrupt 60 s ago',
]

describe('pstore', () => {
  for (const path of [
    'sys/fs/pstore/dmesg-efi-170000000001001',
    'sys/fs/pstore/dmesg-ramoops-0',
    'var/lib/systemd/pstore/1700000000/dmesg.txt',
    'var/lib/systemd/pstore/1700000000/001/dmesg.txt',
  ])
    it(`tells the last words of an earlier boot once, from ${path}`, async (t) => {
      const { look } = machine(t, { [path]: dump })
      assert.deepEqual(await look(), said)
      assert.deepEqual(await look(), [])
    })

  it('is nothing to look at on a machine without, and no other file of it is read', async (t) => {
    const { look } = machine(t, { 'sys/fs/pstore/console-ramoops-0': dump, 'sys/fs/pstore/dmesg-efi-1.enc.z': 'x' })
    assert.deepEqual(await look(), ['no earlier boot left anything in pstore'])
  })

  it('takes level and stamp off', () => {
    assert.deepEqual(linesOf('<6>[    0.000000] a\n[   12.1][  C3]  b\nc\n\n'), ['a', ' b', 'c'])
  })
})
