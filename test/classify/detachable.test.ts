/** Labelled logs of machines with and without a device that can be taken away: which read-only file system condemns. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { compileShipped } from '../../src/catalog/shipped.ts'
import { decoders } from '../../src/detect/decode/decoders.ts'
import { BlockDevices } from '../../src/detect/host/block-devices.ts'
import { openHost } from '../../src/detect/host/host.ts'
import { paths, Sysfs } from '../../src/detect/host/testing/sysfs.ts'
import { compileMatchers } from '../../src/detect/match/compile.ts'
import { peel } from '../../src/detect/sources/framing/peel.ts'

const root = join(import.meta.dirname, '..', '..')
const catalogue = compileShipped(join(root, 'catalog'))

/** Severity, reason and device of every fatal or read-only line of `log`, on the machine `sysfs`. */
function verdicts(log: string, devices?: BlockDevices): string[] {
  const matcher = compileMatchers(catalogue, decoders, devices?.isDetachable).of('kmsg')
  const found = readFileSync(join(root, 'fixtures', 'kernel-logs', log), 'utf8')
    .split('\n')
    .flatMap((line) => matcher.matchText(peel(line).text))
    .filter((match) => match.severity === 'fatal' || match.reason === 'FilesystemReadOnly')
    .map(({ severity, reason, device }) => `${severity} ${reason} ${device}`)
  return [...new Set(found)]
}

function machine(t: TestContext): Sysfs {
  const sysfs = new Sysfs()
  t.after(() => sysfs.end())
  return sysfs
}

test('a pen drive that disconnects while it is written to does not condemn the node', (t) => {
  const sysfs = machine(t).disk('sdb', paths.usb, { removable: true }).partition('sdb1', 'sdb', paths.usb)
  const devices = new BlockDevices(openHost(sysfs.root))
  sysfs.gone('sdb').gone('sdb1') // as in the log, where it is gone 8 ms before its file system turns read-only
  assert.deepEqual(verdicts('083-pendrive-ext4.log', devices), ['warning FilesystemReadOnly sdb1'])
})

test('the same log on a machine whose sdb is a disk, or on an unknown one, condemns', (t) => {
  const sysfs = machine(t).disk('sdb', paths.sata).partition('sdb1', 'sdb', paths.sata)
  const devices = new BlockDevices(openHost(sysfs.root))
  assert.deepEqual(verdicts('083-pendrive-ext4.log', devices), ['fatal FilesystemReadOnly sdb1'])
  assert.deepEqual(verdicts('083-pendrive-ext4.log'), ['fatal FilesystemReadOnly sdb1'])
})

test('dm on a dead NVMe drive condemns; dm on a loop device in its place would not', (t) => {
  const nvme = machine(t)
    .disk('nvme1n1', paths.nvme)
    .disk('dm-1', paths.virtual, { slaves: ['nvme1n1'] })
  const log = '101-nvme-dead-ext4-ro-5.6.log'
  const dead = 'fatal NvmeControllerFailed nvme1'
  assert.deepEqual(verdicts(log, new BlockDevices(openHost(nvme.root))), [dead, 'fatal FilesystemReadOnly dm-1'])
  const loop = machine(t)
    .disk('loop7', paths.virtual)
    .disk('dm-1', paths.virtual, { slaves: ['loop7'] })
  assert.deepEqual(verdicts(log, new BlockDevices(openHost(loop.root))), [dead, 'warning FilesystemReadOnly dm-1'])
})

test('volumes that lose their journal one after the other condemn nothing by that alone', () => {
  assert.deepEqual(verdicts('056-vm-journal-abort-4.4.log'), [])
})
