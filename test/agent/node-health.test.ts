/** The NodeHealth that an agent writes: what it tells, when it is written, and what its absence costs. */
import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { nodeHealthReport } from '../../src/detect/report/health/schema.ts'
import { refreshMs } from '../../src/detect/report/health/writer.ts'
import { type AgentRig, rigFor } from './rig.ts'

const xid = 'NVRM: Xid (PCI:0000:3b:00): 79, pid=1, name=x, GPU has fallen off the bus.'
const writes = (rig: AgentRig): number => rig.api.calls.filter((call) => call.startsWith('apply nodehealths')).length

/** A machine with one GPU, one NVMe disk, one SCSI disk and a bond of two cards. */
async function machine(t: TestContext): Promise<AgentRig> {
  const rig = rigFor(t)
  const files: Readonly<Record<string, string>> = {
    'proc/sys/kernel/osrelease': '6.12.8\n',
    'etc/os-release': 'NAME="Amazon Linux"\nPRETTY_NAME="Amazon Linux 2023.6"\n',
    'sys/class/dmi/id/bios_vendor': 'American Megatrends\n',
    'sys/class/dmi/id/bios_version': '5.27\n',
    'sys/class/dmi/id/sys_vendor': 'Supermicro\n',
    'sys/class/dmi/id/product_name': 'SYS-821GE\n',
    'sys/class/dmi/id/product_serial': 'S12345\n',
    'sys/module/nvidia/version': '580.82.07\n',
    'sys/bus/pci/devices/0000:3b:00.0/vendor': '0x10de\n',
    'sys/bus/pci/devices/0000:3b:00.0/device': '0x2330\n',
    'sys/bus/pci/devices/0000:3b:00.0/class': '0x030200\n',
    'sys/bus/pci/devices/0000:3b:00.0/uevent': 'DRIVER=nvidia\n',
    'proc/driver/nvidia/gpus/0000:3b:00.0/information':
      'Model: \t\t NVIDIA H100 80GB HBM3\nIRQ:   \t\t 210\nGPU UUID: \t GPU-5c1c4a3e-8b1f-4c52-9f0e-0a6a2f9b7f10\nVideo BIOS: \t 96.00.89.00.01\nGPU Firmware: \t 580.82.07\n',
    'sys/devices/pci0000:00/0000:00:1d.0/0000:04:00.0/nvme/nvme0/nvme0n1/size': '7814037168\n',
    'sys/devices/pci0000:00/0000:00:1d.0/0000:04:00.0/nvme/nvme0/nvme0n1/wwid': 'eui.0025385b11b2f4a1\n',
    'sys/devices/pci0000:00/0000:00:1d.0/0000:04:00.0/nvme/nvme0/nvme0n1/device/serial': 'S64FNE0R500123      \n',
    'sys/devices/pci0000:00/0000:00:1d.0/0000:04:00.0/nvme/nvme0/nvme0n1/device/model':
      'SAMSUNG MZQL23T8HCLS-00A07              \n',
    'sys/block/sda/size': '1000\n',
    'sys/block/sda/device/model': 'ST4000NM0035    \n',
    'sys/block/sda/device/vpd_pg80': '\u0000\u0080\u0000\u0008ZC1A2B3C',
    'sys/block/loop0/size': '8\n',
    'sys/class/net/bond0/address': '02:00:00:00:00:01\n',
    'sys/class/net/eth0/address': '02:00:00:00:00:01\n',
    'sys/class/net/eth0/bonding_slave/perm_hwaddr': '02:00:00:00:00:01\n',
    'sys/class/net/eth0/device/uevent': 'DRIVER=mlx5_core\nPCI_SLOT_NAME=0000:41:00.0\n',
    'sys/class/net/eth1/address': '02:00:00:00:00:01\n',
    'sys/class/net/eth1/bonding_slave/perm_hwaddr': '02:00:00:00:00:02\n',
    'sys/class/net/eth1/device/uevent': 'DRIVER=mlx5_core\nPCI_SLOT_NAME=0000:41:00.1\n',
  }
  for (const [path, text] of Object.entries(files)) rig.file(path, text)
  const link = join(rig.root, 'sys/block/nvme0n1')
  mkdirSync(dirname(link), { recursive: true })
  symlinkSync('../devices/pci0000:00/0000:00:1d.0/0000:04:00.0/nvme/nvme0/nvme0n1', link)
  await rig.start({ nodeHealth: true })
  await rig.pass(15_000)
  return rig
}

describe('NodeHealth', () => {
  it('tells the machine, its devices with serial numbers, and the monitors, and belongs to its node', async (t) => {
    const rig = await machine(t)
    const { metadata, report } = rig.api.health ?? assert.fail('not written')
    assert.deepEqual(metadata.ownerReferences, [
      { apiVersion: 'v1', kind: 'Node', name: 'worker-1', uid: 'uid-of-worker-1' },
    ])
    assert.deepEqual(report.machine, {
      bootId: 'boot-one-00000000',
      kernel: '6.12.8',
      os: 'Amazon Linux 2023.6',
      firmware: 'American Megatrends 5.27',
      product: 'Supermicro SYS-821GE',
      serial: 'S12345',
    })
    assert.deepEqual(report.accelerators, [
      {
        kind: 'nvidia',
        pci: '0000:3b:00.0',
        id: '10de:2330',
        driver: 'nvidia',
        driverVersion: '580.82.07',
        model: 'NVIDIA H100 80GB HBM3',
        uuid: 'GPU-5c1c4a3e-8b1f-4c52-9f0e-0a6a2f9b7f10',
        firmware: '580.82.07',
      },
    ])
    assert.deepEqual(report.disks, [
      {
        name: 'nvme0n1',
        sizeBytes: 4_000_787_030_016,
        model: 'SAMSUNG MZQL23T8HCLS-00A07',
        serial: 'S64FNE0R500123',
        wwid: 'eui.0025385b11b2f4a1',
        pci: '0000:04:00.0',
      },
      { name: 'sda', sizeBytes: 512_000, model: 'ST4000NM0035', serial: 'ZC1A2B3C' },
    ])
    assert.deepEqual(report.nics, [
      { name: 'eth0', mac: '02:00:00:00:00:01', pci: '0000:41:00.0', driver: 'mlx5_core' },
      { name: 'eth1', mac: '02:00:00:00:00:02', pci: '0000:41:00.1', driver: 'mlx5_core' },
    ])
    const kernel = report.monitors.find(({ name }) => name === 'kernel')
    assert.deepEqual([kernel?.state, (kernel?.lookAgeSeconds ?? 99) < 30], ['checked', true])
    assert.ok(nodeHealthReport.safeParse(report).success, 'as the definition wants it')
  })

  it('names the part that a finding is about, also when the part is gone', async (t) => {
    const rig = await machine(t)
    rig.log(xid)
    rig.log('nvme nvme0: controller is down; will reset: CSTS=0xffffffff, PCI_STATUS=0x10')
    await rig.pass(15_000)
    const devices = () =>
      rig.api.health?.report.findings.map(({ reason, device }) => [reason, device?.serial ?? device?.uuid])
    const known = [
      ['NvidiaXID79Error', 'GPU-5c1c4a3e-8b1f-4c52-9f0e-0a6a2f9b7f10'],
      ['NvmeTimeout', 'S64FNE0R500123'],
    ]
    assert.deepEqual(devices(), known)
    rig.file('sys/bus/pci/devices/0000:3b:00.0/vendor', '0xffff\n')
    await rig.pass(refreshMs * 1.2)
    assert.deepEqual(devices(), known)
    assert.equal(rig.api.health?.report.accelerators[0]?.gone, true)
  })

  it('is written once while nothing changes, once for a burst, and every ten minutes for lines that repeat', async (t) => {
    const rig = await machine(t)
    assert.equal(writes(rig), 1)
    await rig.pass(3_600_000)
    assert.equal(writes(rig), 1, 'heartbeats of the node write none')
    for (let n = 0; n < 20; n++) rig.log(`EXT4-fs error (device sda1): ext4_lookup:${n}: inode #2: comm ls: bad`)
    rig.log(xid)
    await rig.pass(30_000)
    assert.equal(writes(rig), 2)
    for (let n = 0; n < 30; n++) {
      rig.log('EXT4-fs error (device sda1): ext4_lookup:9: inode #2: comm ls: bad')
      await rig.pass(60_000)
    }
    assert.ok(writes(rig) <= 6, `${writes(rig) - 2} writes in half an hour`)
    assert.ok((rig.api.health?.report.findings.find(({ reason }) => reason === 'Ext4Error')?.count ?? 0) > 40)
  })

  it('is not asked for again while the cluster does not know it, and harms nothing', async (t) => {
    const rig = rigFor(t)
    rig.api.noHealth = 'NM_KUBE_NOT_FOUND'
    await rig.start({ nodeHealth: true })
    await rig.pass(600_000)
    rig.log(xid)
    await rig.pass(600_000)
    assert.equal(writes(rig), 1)
    assert.equal(rig.api.condition('AcceleratedHardwareReady')?.status, 'False')
    rig.api.noHealth = undefined
    await rig.pass(1.2 * 3_600_000)
    assert.ok(rig.api.health)
  })

  it('is off by one flag', async (t) => {
    const rig = rigFor(t)
    await rig.start({ nodeHealth: false })
    rig.log(xid)
    await rig.pass(60_000)
    assert.equal(writes(rig), 0)
  })
})
