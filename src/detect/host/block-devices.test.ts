import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { BlockDevices, isDetachableByName } from './block-devices.ts'
import { openHost } from './host.ts'
import { paths, Sysfs } from './testing/sysfs.ts'

function machine(t: TestContext): Sysfs {
  const sysfs = new Sysfs()
  t.after(() => sysfs.end())
  return sysfs
}

const devices = (sysfs: Sysfs): BlockDevices => new BlockDevices(openHost(sysfs.root))

test('the name identifies loop devices, optical discs and memory disks, and nothing else', () => {
  for (const name of ['loop0', 'loop12p1', 'sr0', 'zram1', 'ram0', 'fd0']) assert.ok(isDetachableByName(name), name)
  for (const name of ['sda1', 'nvme0n1p2', 'dm-0', 'md0', 'vda', 'mmcblk0p2', 'nbd0', 'srx', '', '..']) {
    assert.ok(!isDetachableByName(name), name)
  }
})

test('a device counts as a pen drive only if it is on USB and reports itself removable', (t) => {
  const sysfs = machine(t)
    .disk('sda', paths.sata, { removable: true }) // a hot-swap bay
    .disk('sdb', paths.usb, { removable: true })
    .partition('sdb1', 'sdb', paths.usb)
    .disk('sdc', paths.usb.replaceAll('6:0:0', '7:0:0'), { removable: false }) // a USB disk, perhaps the only one
  const { isDetachable } = devices(sysfs)
  const answers = ['sda', 'sdb', 'sdb1', 'sdc', 'sdd'].map((name) => `${name} ${isDetachable(name)}`)
  assert.deepEqual(answers, ['sda false', 'sdb true', 'sdb1 true', 'sdc false', 'sdd false'])
})

test('an unplugged pen drive stays known until another disk takes its name', (t) => {
  const sysfs = machine(t)
  const known = devices(sysfs)
  sysfs.disk('sdb', paths.usb, { removable: true }).partition('sdb1', 'sdb', paths.usb)
  known.look()
  sysfs.gone('sdb').gone('sdb1')
  assert.ok(known.isDetachable('sdb1'))
  sysfs.disk('sdb', paths.sata).partition('sdb1', 'sdb', paths.sata)
  assert.ok(!known.isDetachable('sdb1'))
  assert.ok(!devices(machine(t)).isDetachable('sdb1'), 'an unknown device counts as part of the machine')
})

test('a dm or md device is detachable when all its members are', (t) => {
  const sysfs = machine(t)
    .disk('nvme1n1', paths.nvme)
    .disk('loop3', paths.virtual)
    .disk('dm-0', paths.virtual, { slaves: ['loop3'] })
    .disk('dm-1', paths.virtual, { slaves: ['nvme1n1'] })
    .disk('dm-2', paths.virtual, { slaves: ['dm-0'] })
    .disk('md0', paths.virtual, { slaves: ['loop3', 'nvme1n1'] })
    .disk('dm-9', paths.virtual, { slaves: ['dm-9'] })
  const { isDetachable } = devices(sysfs)
  const answers = ['dm-0', 'dm-1', 'dm-2', 'md0', 'dm-9'].map((name) => `${name} ${isDetachable(name)}`)
  assert.deepEqual(answers, ['dm-0 true', 'dm-1 false', 'dm-2 true', 'md0 false', 'dm-9 false'])
})

test('a device with a system mount is not detachable, even a pen drive or loop device', (t) => {
  const sysfs = machine(t)
    .disk('sda', paths.usb, { removable: true, number: '8:0' })
    .partition('sda2', 'sda', paths.usb, '8:2')
    .partition('sda3', 'sda', paths.usb, '8:3')
    .disk('loop0', paths.virtual, { number: '7:0' })
    .disk('loop1', paths.virtual, { number: '7:1' })
    .mounts(
      '8:2 / / rw,noatime shared:1 - ext4 /dev/root rw',
      '0:42 /@ /var/lib/containerd rw - btrfs /dev/loop0 rw',
      '7:1 / /var/lib/kubelet/pods/1/volumes/image rw - ext4 /dev/loop1 rw',
      'a line that is cut',
    )
  const known = devices(sysfs)
  sysfs.gone('sda2')
  const answers = ['sda2', 'sda3', 'loop0', 'loop1'].map((name) => `${name} ${known.isDetachable(name)}`)
  assert.deepEqual(answers, ['sda2 false', 'sda3 true', 'loop0 false', 'loop1 true'])
})
