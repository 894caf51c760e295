import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { SteppedClock } from '../telemetry/clock.ts'
import { scanHost } from './scan.ts'

const root = join(import.meta.dirname, '..', '..')

function scan(host: string, kmsg = '/dev/kmsg') {
  const io = { clock: new SteppedClock(), programFile: join(root, 'src', 'cli', 'main.ts') }
  return scanHost({ hostRoot: join(root, 'fixtures', 'hosts', host), kmsg }, io)
}

describe('scan', () => {
  it('finds nothing on a healthy machine, and no accelerator among its PCI devices', () => {
    const got = scan('healthy')
    assert.equal(got.healthy, true)
    assert.equal(got.records, 5)
    assert.deepEqual(got.accelerators, [])
    assert.deepEqual(
      got.conditions.map(({ status }) => status),
      ['True', 'True', 'True', 'True', 'True'],
    )
    assert.doesNotMatch(got.conditions[4]?.message ?? '', /Nvidia|Neuron/)
  })

  it('finds the lost GPU, as one finding with its companions, and the accelerators', () => {
    const got = scan('gpu-lost')
    assert.equal(got.healthy, false)
    const accelerated = got.conditions.find(({ type }) => type === 'AcceleratedHardwareReady')
    assert.deepEqual([accelerated?.status, accelerated?.reason], ['False', 'NvidiaXID79Error'])
    const gpu = got.findings.filter(({ reason }) => reason.startsWith('NvidiaX'))
    assert.deepEqual(
      gpu.map(({ reason, severity, device }) => [reason, severity, device]),
      [['NvidiaXID79Error', 'fatal', '0000:3b:00']],
    )
    assert.ok(gpu[0]?.companions.includes('NvidiaXID45Warning'), String(gpu[0]?.companions))
    assert.deepEqual(
      got.accelerators.map(({ address, kind, driver }) => [address, kind, driver]),
      [
        ['0000:3b:00.0', 'nvidia', 'nvidia'],
        ['0000:5e:00.0', 'nvidia', 'nvidia'],
      ],
    )
  })

  it('says Unknown, and why, when there is no kernel log', () => {
    const got = scan('healthy', '/dev/none')
    assert.match(got.trouble ?? '', /no such file; mount the host/)
    assert.equal(got.conditions[0]?.status, 'Unknown')
  })
})
