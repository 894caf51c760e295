import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ChildOutcome } from '../../../host/children.ts'
import type { Loopback } from '../../../host/network.ts'
import { ScriptedChildren } from '../../../host/testing/scripted-children.ts'
import { type Files, lookAt } from '../../testing/look-at.ts'
import { driveHealth } from './monitor.ts'

const loopback: Loopback = { ask: () => Promise.resolve({ refused: true }) }
const nvme: Files = { 'sys/class/nvme/nvme0/model': 'KIOXIA CM7   \n', 'sys/class/nvme/nvme0/serial': '7A1B\n' }
const ata: Files = { 'sys/block/sda/device/model': 'ST16000NM\n', 'sys/block/sda/device/vendor': 'ATA     \n' }
const ended = (output: string, status = 0): ChildOutcome => ({ kind: 'ended', status, output, errors: '' })

function look(files: Files, answers: Readonly<Record<string, ChildOutcome>>) {
  const children = new ScriptedChildren()
  for (const [name, answer] of Object.entries(answers)) children.answers.set(name, answer)
  return lookAt(driveHealth, files, { children, loopback })
}
const smart = 'nvme smart-log /dev/nvme0 --output-format=json'
const page = (fields: object) =>
  ended(JSON.stringify({ critical_warning: 0, temperature: 311, percent_used: 3, media_errors: 0, ...fields }))
const smartctl = 'smartctl --json --health --nocheck=standby,0 /dev/sda'

describe('drive-health', () => {
  it('reports what an NVMe drive warns of, but not its heat, and that it is worn', async () => {
    assert.deepEqual((await look(nvme, { [smart]: page({ critical_warning: 2 }) })).levels, [])
    assert.deepEqual((await look(nvme, { [smart]: page({ critical_warning: 9, percent_used: 101 }) })).levels, [
      'over DriveHealthCritical: the drive warns: its spare blocks are nearly used up, it has become read-only (KIOXIA CM7, serial 7A1B) on nvme0',
      'over DriveWornOut: the drive has used 101 % of its rated life (KIOXIA CM7, serial 7A1B) on nvme0',
    ])
    const { gauges } = await look(nvme, { [smart]: page({ critical_warning: { value: 4 }, media_errors: '1,024' }) })
    assert.ok(gauges.includes('nodemend_drive_health_media_errors{device="nvme0"} 1024'))
    assert.ok(gauges.includes('nodemend_drive_health_warnings{device="nvme0"} 1'))
  })

  it('reports the verdict of an ATA drive, whatever else smartctl’s status says', async () => {
    const failing = ended('{"smart_status": {"passed": false}}', 8)
    assert.deepEqual((await look(ata, { [smartctl]: failing })).levels, [
      'over DriveHealthCritical: the drive warns: it says itself that it will fail (ST16000NM, serial unknown) on sda',
    ])
    for (const fine of [ended('{"smart_status": {"passed": true}}', 64), ended('{}'), ended('{}', 2)])
      assert.deepEqual((await look(ata, { [smartctl]: fine })).levels, [])
  })

  it('asks nobody about disks of a cloud, and is absent without the program', async () => {
    const cloud = {
      'sys/class/nvme/nvme0/model': 'Amazon Elastic Block Store\n',
      'sys/block/sda/device/model': 'Virtual Disk',
    }
    assert.equal((await look(cloud, {})).absent, 'this machine has no drive of its own')
    assert.equal((await look(nvme, {})).absent, 'this machine has no nvme')
    assert.equal((await look(nvme, { [smart]: ended('no') })).why, 'nvme smart-log printed no JSON for nvme0')
  })
})
