import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { Inside, needs, run } from './machine.ts'

/** A process namespace with mounts of its own, in which an ext4 file system of `size` MiB lies on a loop device. */
function volume(t: TestContext, where: string, monitors: readonly string[], { size = 64, room = 128 } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-loop-'))
  run('mount', '-t', 'tmpfs', '-o', `size=${room}m`, 'nodemend', folder)
  const image = join(folder, 'image')
  writeFileSync(image, '')
  truncateSync(image, size * 2 ** 20)
  run('mkfs.ext4', '-q', '-E', 'nodiscard', image)
  const device = run('losetup', '--find', '--show', image).trim()
  t.after(() => {
    run('losetup', '--detach', device)
    run('umount', '--lazy', folder)
    rmSync(folder, { recursive: true, force: true })
  })
  const mount = `mount -o errors=remount-ro ${device} ${where} && exec "$@"`
  const enter = ['unshare', '--mount', '--pid', '--fork', '--mount-proc', 'sh', '-c', mount, 'sh']
  const inside = new Inside(t, enter, monitors)
  const child = () => run('pgrep', '-P', String(inside.pid)).trim()
  const sh = (command: string) => run('nsenter', '--mount', '--target', child(), 'sh', '-c', command)
  return { device: device.replace('/dev/', ''), inside, sh }
}

describe('file systems on this kernel', () => {
  it('sees a file system that stops itself when its disk fails, and its repair', async (t) => {
    if (!needs(t, 'unshare', 'nsenter', 'losetup', 'mkfs.ext4')) return
    const { device, inside, sh } = volume(t, '/mnt', ['mounts'], { size: 256, room: 40 })
    assert.deepEqual(await inside.look(), [])
    sh(
      'dd if=/dev/zero of=/mnt/fill bs=1M count=200 conv=fsync 2>/dev/null; for n in 1 2 3; do echo x > /mnt/f$n; sync; done; true',
    )
    assert.match(
      (await inside.look()).join('\n'),
      new RegExp(`^over FilesystemReadOnly: /mnt \\(ext4\\) takes no writes: .* on ${device}$`),
    )
    sh('umount /mnt')
    assert.deepEqual(await inside.look(), [])
  })

  it('sees a system mount that becomes read-only, and no other that a person remounts', async (t) => {
    if (!needs(t, 'unshare', 'nsenter', 'losetup', 'mkfs.ext4')) return
    const system = volume(t, '/var/log', ['mounts'])
    assert.deepEqual(await system.inside.look(), [])
    system.sh('mount -o remount,ro /var/log')
    assert.deepEqual(await system.inside.look(), [
      `over FilesystemReadOnly: /var/log (ext4) takes no writes: its mount was rw and is ro now on ${system.device}`,
    ])
    system.sh('mount -o remount,rw /var/log')
    assert.deepEqual(await system.inside.look(), [])
    const other = volume(t, '/mnt', ['mounts'])
    assert.deepEqual(await other.inside.look(), [])
    other.sh('mount -o remount,ro /mnt')
    assert.deepEqual(await other.inside.look(), [])
  })

  it('sees a full disk and one without inodes, and each end of it', async (t) => {
    if (!needs(t, 'unshare', 'nsenter', 'losetup', 'mkfs.ext4')) return
    const { device, inside, sh } = volume(t, '/var/log', ['space'])
    const raised = async () => (await inside.look()).filter((level) => level.endsWith(` on ${device}`))
    assert.deepEqual(await raised(), [])
    sh('dd if=/dev/zero of=/var/log/fill bs=1M 2>/dev/null; true')
    assert.match((await raised()).join('\n'), /^over DiskNearlyFull: \S+ % of \/var\/log is in use/)
    sh('rm /var/log/fill; seq 1 20000 | (cd /var/log && xargs touch 2>/dev/null); true')
    assert.match((await raised()).join('\n'), /^over InodesNearlyFull: \S+ % of the inodes of \/var\/log are in use/)
    sh('find /var/log -type f -delete')
    assert.deepEqual(await raised(), [])
  })
})
