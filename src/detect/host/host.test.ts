import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openHost } from './host.ts'

function tree(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-host-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const root = join(folder, 'host')
  mkdirSync(join(root, 'etc/nodemend'), { recursive: true })
  writeFileSync(join(folder, 'secret'), 'outside')
  return { folder, root, host: openHost(root) }
}

test('L14: a symbolic link that points outside the root is resolved inside it', (t) => {
  const { folder, root, host } = tree(t)
  symlinkSync(join(folder, 'secret'), join(root, 'etc/nodemend/config.yaml'))
  symlinkSync('../../../secret', join(root, 'etc/nodemend/upward'))
  assert.deepEqual(host.read('etc/nodemend/config.yaml'), { absent: true })
  assert.deepEqual(host.read('etc/nodemend/upward'), { absent: true })
  assert.deepEqual(host.read('../secret'), { absent: true })
  writeFileSync(join(root, 'secret'), 'inside')
  assert.deepEqual(host.read('etc/nodemend/upward'), { text: 'inside' })
})

test('links inside the root resolve as on the machine, and a link loop ends', (t) => {
  const { root, host } = tree(t)
  writeFileSync(join(root, 'etc/real'), 'text')
  symlinkSync('/etc', join(root, 'config'))
  symlinkSync('real', join(root, 'etc/nodemend-link'))
  symlinkSync('/loop', join(root, 'loop'))
  assert.deepEqual(host.read('config/nodemend-link'), { text: 'text' })
  assert.equal(host.link('etc/nodemend-link'), 'real')
  assert.ok('denied' in host.read('loop') || 'absent' in host.read('loop'))
})

test('F7: an absent file is not a denied one', (t) => {
  const { host } = tree(t)
  assert.deepEqual(host.read('proc/none'), { absent: true })
  const folder = host.read('etc')
  assert.ok('denied' in folder && folder.denied.startsWith('EISDIR'))
})

test('the space of a file system, and the number of its device as the mount table writes it', async (t) => {
  const { root, host } = tree(t)
  const space = await host.space('etc')
  const { dev } = statSync(join(root, 'etc'), { bigint: true })
  const expected = [(dev >> 8n) & 0xfffn, (dev & 0xffn) | ((dev >> 12n) & 0xfffff00n)].join(':')
  assert.equal(space?.device, expected)
  assert.ok(space !== undefined && space.freeBytes > 0 && space.usedBytes >= 0)
  assert.equal(await host.space('none'), undefined)
})
