/** The agent’s configuration and rule packs, tested through the whole agent. */
import assert from 'node:assert/strict'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { rigFor } from './rig.ts'

const xid79 = "NVRM: Xid (PCI:0000:3b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus."

describe('configuration', () => {
  it('that is broken at the start leaves the catalogue in force, and the message says so', async (t) => {
    const rig = rigFor(t)
    rig.file('etc/config.yaml', 'reasons: {NvidiaXID79Error: {severity: lethal}}\n')
    rig.file('packs/one.yaml', 'family: vendor\n')
    await rig.start({ rules: join(rig.root, 'packs') })
    const refused = (what: string) => rig.logged().findLast(({ msg }) => msg === `${what} refused`)?.inForce
    assert.equal(refused('config'), 'the catalogue without overrides')
    assert.equal(refused('rules'), 'the shipped rules alone')
    assert.match((await rig.page('/metrics')).text, /^nodemend_config_refused\{kind="config"\} 1$/m)
    rig.file(
      'etc/config.yaml',
      'reasons: {NvidiaXID79Error: {severity: warning}}\ncodes: {xid: {"63": {severity: fatal}}}\n',
    )
    await rig.pass(61_000)
    assert.match((await rig.page('/metrics')).text, /^nodemend_config_refused\{kind="config"\} 0$/m)
    rig.file('etc/config.yaml', 'reasons: {NvidiaXID79Error: {severity: mild}}\n')
    await rig.pass(61_000)
    assert.match(String(refused('config')), /^2 overrides from the file of 20\d\d-/)
  })

  it('that exists but cannot be read is refused, not treated as absent', async (t) => {
    const rig = rigFor(t)
    mkdirSync(join(rig.root, 'etc/config.yaml'), { recursive: true })
    await rig.start()
    const line = rig.logged().find(({ msg }) => msg === 'config refused')
    assert.match(String(line?.problems), /config\.yaml: cannot be read: EISDIR/)
  })

  it('can make a fault on a loop device fatal, which is a warning by default', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    rig.log('EXT4-fs (loop0): Remounting filesystem read-only')
    await rig.pass(2000)
    assert.equal(rig.api.condition('StorageReady')?.status, 'True')
    assert.deepEqual(rig.eventsOf('FilesystemReadOnly'), [
      'Warning FilesystemReadOnly: loop0 is read-only now (a device that is not part of the machine)',
    ])
    rig.file('etc/config.yaml', 'reasons: {FilesystemReadOnly: {severity: fatal}}\n')
    await rig.pass(61_000)
    assert.equal(rig.api.condition('StorageReady')?.status, 'False')
  })

  it('may name a number that no table lists, because new drivers have some: it applies, with a warning', async (t) => {
    const rig = rigFor(t)
    const text = [
      'reasons:',
      '  NvidiaXID1799Error: {severity: warning}',
      '  NvidiaXID79Error: {severity: fatal}',
      'codes:',
      '  xid: {997: {severity: fatal}, 63: {severity: fatal}}',
      '  sxid: {"1": {disabled: true}, "12028": {severity: fatal}}',
    ]
    rig.file('etc/config.yaml', text.join('\n'))
    await rig.start()
    const line = rig.logged().find(({ msg }) => msg === 'config names unknown codes')
    assert.equal(line?.level, 'warn')
    const asked = (family: string, code: number) =>
      `is in force, but no table lists ${code}: check it against docs/reference/${family}.md`
    assert.deepEqual(line.doubts, [
      `/etc/config.yaml:2:23: reasons.NvidiaXID1799Error ${asked('xid', 1799)}`,
      `/etc/config.yaml:5:14: codes.xid.997 ${asked('xid', 997)}`,
      `/etc/config.yaml:6:15: codes.sxid.1 ${asked('sxid', 1)}`,
    ])
    rig.log('NVRM: Xid (PCI:0000:3b:00): 997, pid=1, something new')
    await rig.pass(2000)
    assert.equal(rig.api.condition('AcceleratedHardwareReady')?.reason, 'NvidiaXID997Warning')
  })

  it('is reloaded; a bad file changes nothing and its position is logged', async (t) => {
    const rig = rigFor(t)
    rig.file('etc/config.yaml', 'reasons: {NvidiaXID79Error: {severity: warning}}\n')
    await rig.start()
    rig.log(xid79)
    await rig.pass(2000)
    assert.equal(rig.api.condition('AcceleratedHardwareReady')?.status, 'True')
    rig.file('etc/config.yaml', 'reasons: {NvidiaXID79Error: {severity: lethal}}\n')
    await rig.pass(61_000)
    assert.equal(rig.api.condition('AcceleratedHardwareReady')?.status, 'True')
    assert.ok(
      rig.lines.some((line) => line.includes('config.yaml:1:40')),
      'names the position',
    )
    rmSync(join(rig.root, 'etc/config.yaml'))
    await rig.pass(61_000)
    assert.equal(rig.api.condition('AcceleratedHardwareReady')?.status, 'False')
  })
})
