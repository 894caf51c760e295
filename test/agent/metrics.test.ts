/** The series that the agent’s /metrics has, and when. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { rigFor } from './rig.ts'

describe('metrics', () => {
  it('start at 0 before the first count, so that increase() sees it', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    const fresh = (await rig.page('/metrics')).text
    const counters = [...fresh.matchAll(/^# TYPE (\w+) counter$/gm)].map(([, name]) => name)
    const silent = counters.filter((name) => !new RegExp(`^${name}(?:\\{.*\\})? \\d+$`, 'm').test(fresh))
    assert.deepEqual(silent, [])
    const expected = [
      'nodemend_findings_total{severity="warning",reason="SoftLockup"}',
      'nodemend_findings_total{severity="warning",reason="AgentStateNotSaved"}',
      'nodemend_findings_total{severity="fatal",reason="FilesystemReadOnly"}',
      'nodemend_findings_total{severity="warning",reason="FilesystemReadOnly"}',
      'nodemend_findings_active{type="StorageReady",severity="fatal"}',
      'nodemend_kmsg_lost_records_total',
      'nodemend_config_errors_total{kind="rules"}',
      'nodemend_state_writes_total{code="ENOSPC"}',
      'nodemend_api_writes_total{verb="apply",resource="events",code="NM_KUBE_INVALID"}',
    ]
    for (const series of expected) assert.ok(fresh.includes(`\n${series} 0\n`), series)
    assert.ok(!fresh.includes('NvidiaXID79Error'), 'a machine without such a GPU has no series of Xids')
    rig.log('EXT4-fs (sda1): Remounting filesystem read-only')
    await rig.pass(2000)
    const later = (await rig.page('/metrics')).text
    const series = later.split('\n').filter((line) => line.startsWith(expected[2] ?? ''))
    assert.deepEqual(series, [`${expected[2]} 1`], 'shown once, with its value')
  })

  it('follow the configuration, and list the Xids on a machine with an NVIDIA GPU', async (t) => {
    const rig = rigFor(t)
    rig.file('sys/bus/pci/devices/0000:3b:00.0/vendor', '0x10de\n')
    rig.file('sys/bus/pci/devices/0000:3b:00.0/device', '0x2330\n')
    rig.file('sys/bus/pci/devices/0000:3b:00.0/class', '0x030200\n')
    rig.file('etc/config.yaml', 'reasons: {SoftLockup: {severity: fatal}, OOMKilling: {disabled: true}}\n')
    await rig.start()
    const { text } = await rig.page('/metrics')
    assert.match(text, /^nodemend_findings_total\{severity="fatal",reason="NvidiaXID79Error"\} 0$/m)
    assert.match(text, /^nodemend_findings_total\{severity="fatal",reason="SoftLockup"\} 0$/m)
    assert.doesNotMatch(text, /reason="OOMKilling"/)
  })
})
