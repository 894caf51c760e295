import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { HealthMonitor } from '../../../model/node-health.ts'
import { emptyState, type Finding } from '../../lifecycle/state.ts'
import { match, testSettings } from '../../lifecycle/testing/settings.ts'
import { identityOf } from './identity.ts'
import { essence, healthReport, mostFindings } from './report.ts'

const long = 'é'.repeat(5_000)
const machine = { bootId: long, kernel: long, serial: long }
const many = <T>(count: number, make: (n: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, n) => make(n))
const monitors: readonly HealthMonitor[] = many(500, (n) => ({ name: `${long}${n}`, state: 'blind', why: long }))
const inventory = {
  accelerators: many(500, (n) => ({
    kind: 'nvidia',
    pci: `0000:${n}`,
    id: long,
    uuid: long,
    serial: long,
    model: long,
  })),
  disks: many(500, (n) => ({ name: `sd${n}`, model: long, serial: long, wwid: long })),
  nics: many(500, (n) => ({ name: `eth${n}`, mac: long })),
}

function finding(n: number): Finding {
  const leader = { ...match('Fatal'), message: long, device: `${long}${n}` }
  const counted = { lines: 1, recent: [], companions: [] }
  return { id: `${n}`, leader, trust: 'kernel', at: n, lastAt: n, wallAt: n, raisedAt: n, ...counted }
}

describe('the report of a node', () => {
  it('is bounded, whatever a machine has, and says how many findings found no room', () => {
    const findings = new Map(many(256, (n) => [`${n}`, finding(n)]))
    const state = { ...emptyState('b', 0), findings }
    const report = healthReport({ state, settings: testSettings(), machine, inventory, monitors, wallOffset: 0 })
    assert.equal(report.findings.length, mostFindings)
    assert.equal(report.moreFindings, 256 - mostFindings)
    const bytes = Buffer.byteLength(JSON.stringify(report))
    assert.ok(bytes < 512 * 1024, `${bytes} bytes`)
  })

  it('does not differ by what merely passes with time', () => {
    const at = (lookAgeSeconds: number, lastAt: number) => {
      const state = { ...emptyState('b', 0), findings: new Map([['1', { ...finding(1), lastAt }]]) }
      const looks: readonly HealthMonitor[] = [{ name: 'kernel', state: 'checked', lookAgeSeconds }]
      return essence(
        healthReport({ state, settings: testSettings(), machine, inventory, monitors: looks, wallOffset: 0 }),
      )
    }
    assert.equal(at(1, 1_000), at(29, 900_000))
  })
})

describe('the identity of a device', () => {
  const known = {
    accelerators: [{ kind: 'nvidia', pci: '0000:3b:00.0', id: '10de:2330', uuid: 'GPU-1', serial: 'G1' }],
    disks: [
      { name: 'nvme1n1', serial: 'N1', pci: '0000:04:00.0' },
      { name: 'nvme11n1', serial: 'N11' },
      { name: 'sda', serial: 'A' },
      { name: 'sdaa', serial: 'AA' },
    ],
    nics: [{ name: 'eth0', mac: '02:00:00:00:00:01', pci: '0000:41:00.0' }],
  }
  const serialOf = (device: string) => {
    const { serial, mac } = identityOf(device, known)
    return serial ?? mac
  }

  it('is that of the part: of the disk for a partition, a namespace or a controller, of the card for any form of its address', () => {
    assert.deepEqual(
      ['nvme1', 'nvme1n1', 'nvme1n1p2', 'nvme11', 'sda1', 'sda', 'sdaa3', '0000:3b:00', '0000:3b:00.0', 'GPU-1'].map(
        serialOf,
      ),
      ['N1', 'N1', 'N1', 'N11', 'A', 'A', 'AA', 'G1', 'G1', 'G1'],
    )
    assert.deepEqual(['eth0', '0000:41:00.0', '0000:04:00.0'].map(serialOf), [
      '02:00:00:00:00:01',
      '02:00:00:00:00:01',
      'N1',
    ])
  })

  it('is a name alone for what the inventory does not have', () => {
    assert.deepEqual(
      ['cpu3', 'sdb1', 'nvme1n11', 'dm-0'].map((device) => identityOf(device, known)),
      [{ name: 'cpu3' }, { name: 'sdb1' }, { name: 'nvme1n11' }, { name: 'dm-0' }],
    )
  })
})
