import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Files, looksAt } from '../../testing/look-at.ts'
import { mounts } from './monitor.ts'

const line = (where: string, options: string, { type = 'ext4', source = '/dev/sda1', number = '8:1' } = {}) =>
  `29 1 ${number} / ${where} rw,relatime shared:1 - ${type} ${source} ${options}\n`
const links = { 'sys/dev/block/8:1': '../../devices/pci0000:00/ata1/block/sda/sda1' }

async function seen(...states: readonly (string | Files)[]) {
  const files = states.map((state) => (typeof state === 'string' ? { 'proc/1/mountinfo': state } : state))
  return (await looksAt(mounts, files, 30_000, { links })).map(({ levels }) => levels)
}

describe('mounts', () => {
  it('sees a file system that stopped itself, also at the first look and where it is mounted', async () => {
    for (const state of ['emergency_ro', 'shutdown'])
      assert.deepEqual(await seen(line('/data', `rw,${state},errors=remount-ro`)), [
        [`over FilesystemReadOnly: /data (ext4) takes no writes: its mount says ${state} on sda1`],
      ])
  })

  it('sees a system mount turn read-only, and become writable again', async () => {
    const [before, during, after] = await seen(line('/var', 'rw'), line('/var', 'ro'), line('/var', 'rw'))
    assert.deepEqual(
      [before, during, after],
      [[], ['over FilesystemReadOnly: /var (ext4) takes no writes: its mount was rw and is ro now on sda1'], []],
    )
  })

  it('sees errors that ext4 recorded, on any mount', async () => {
    const files = { 'proc/1/mountinfo': line('/data', 'ro'), 'sys/fs/ext4/sda1/errors_count': '2\n' }
    assert.deepEqual(await seen(files), [
      ['over FilesystemReadOnly: /data (ext4) takes no writes: it is mounted ro and has recorded errors on sda1'],
    ])
  })

  it('begins nothing for mounts that are read-only on purpose', async () => {
    const purposes = [
      line('/', 'ro', { source: '/dev/dm-0' }), // a verified root from the start
      line('/mnt/cd', 'ro', { type: 'iso9660', source: '/dev/sr0' }),
      line('/snap/core', 'ro', { type: 'squashfs', source: '/dev/loop3' }),
      line('/sys/fs/cgroup', 'ro', { type: 'tmpfs', source: 'tmpfs' }),
    ]
    for (const purpose of purposes) {
      const [first, second] = await seen(purpose, purpose)
      assert.deepEqual(
        [...(first ?? []), ...(second ?? [])].filter((level) => !level.startsWith('kept')),
        [],
        purpose,
      )
    }
  })

  it('takes a remount of a backup disk by a person for what it is', async () => {
    assert.deepEqual(await seen(line('/backup', 'rw'), line('/backup', 'ro')), [
      [],
      ['kept FilesystemReadOnly on sda1'],
    ])
  })

  it('ignores the read-only view of a container on a writable file system', async () => {
    const view = '30 29 8:1 /etc /var/lib/kubelet/pods/1/etc ro,relatime - ext4 /dev/sda1 rw\n'
    assert.deepEqual(await seen(line('/', 'rw') + view), [[]])
  })

  it('is absent where no mount table is, and blind where it is denied', async () => {
    const [none, denied] = await looksAt(mounts, [{}, { 'proc/1/mountinfo': null }], 30_000)
    assert.match(none?.absent ?? '', /mount table/)
    assert.equal(denied?.why, undefined, 'one failure is no blindness')
  })
})
