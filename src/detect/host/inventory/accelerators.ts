/**
 * The accelerators of the machine with what identifies them, as far as files say it: NVIDIA's driver in
 * /proc/driver/nvidia/gpus, amdgpu's `unique_id` in sysfs.
 */
import type { Accelerator } from '../../../model/node-health.ts'
import { type AcceleratorKind, type Accelerator as Found, findAccelerators } from '../accelerators.ts'
import { type Host, textOf } from '../host.ts'
import { pciFolder } from '../pci.ts'
import { firstText } from './disks.ts'

/** The kernel module whose version is the driver's. */
const modules: Readonly<Record<AcceleratorKind, string>> = {
  nvidia: 'nvidia',
  amd: 'amdgpu',
  neuron: 'neuron',
  gaudi: 'habanalabs',
}

export function readAccelerators(host: Host): readonly Accelerator[] {
  return findAccelerators(host).map((found) => {
    const { kind, address, id, driver } = found
    const version = firstText(host, `sys/module/${modules[kind]}`, ['version'])
    return {
      kind,
      pci: address,
      id,
      ...(driver !== undefined && { driver }),
      ...(version && { driverVersion: version }),
      ...identityOf(host, found),
    }
  })
}

function identityOf(host: Host, { kind, address }: Found): Partial<Accelerator> {
  if (kind !== 'nvidia') {
    const serial = firstText(host, `${pciFolder}/${address}`, ['unique_id', 'serial_number'])
    return serial ? { serial } : {}
  }
  const text = textOf(host.read(`proc/driver/nvidia/gpus/${address}/information`)) ?? ''
  const value = (key: string): string | undefined => new RegExp(`^${key}:[ \\t]*(.+?)[ \\t]*$`, 'm').exec(text)?.[1]
  const [model, uuid, firmware] = [value('Model'), value('GPU UUID'), value('GPU Firmware')]
  // A card that the driver has not opened yet is shown with question marks.
  return {
    ...(model && { model }),
    ...(uuid && !uuid.includes('?') && { uuid }),
    ...(firmware && firmware !== 'N/A' && { firmware }),
  }
}
