/** Which physical part a finding is about, out of the inventory. Pure. */
import type { DeviceIdentity, NodeHealthReport } from '../../../model/node-health.ts'
import { isSameSlot } from '../../lifecycle/incident.ts'

export type Inventory = Pick<NodeHealthReport, 'accelerators' | 'disks' | 'nics'>

/** The identity of `device`; its name alone where the inventory does not know it. */
export function identityOf(device: string, { accelerators, disks, nics }: Inventory): DeviceIdentity {
  const name = { name: device }
  const [accelerator] = accelerators.filter(({ pci, uuid }) => isSameSlot(pci, device) || uuid === device)
  if (accelerator) {
    const { pci, uuid, serial, model } = accelerator
    return { ...name, pci, ...(uuid && { uuid }), ...(serial && { serial }), ...(model && { model }) }
  }
  const disk = disks.find((one) => isOn(device, one.name) || isSameSlot(one.pci, device))
  if (disk) {
    const { pci, serial, model } = disk
    return { ...name, ...(pci && { pci }), ...(serial && { serial }), ...(model && { model }) }
  }
  const nic = nics.find((one) => one.name === device || isSameSlot(one.pci, device))
  if (!nic) return name
  return { ...name, ...(nic.pci && { pci: nic.pci }), ...(nic.mac && { mac: nic.mac }) }
}

/** A partition, a namespace or the controller belongs to its disk: `sda1` to `sda`, `nvme0` and `nvme0n1p2` to `nvme0n1`. */
function isOn(device: string, disk: string): boolean {
  if (device === disk || device === /^(nvme\d+)n\d+$/.exec(disk)?.[1]) return true
  const separator = /\d$/.test(disk) ? 'p' : ''
  return device.startsWith(`${disk}${separator}`) && /^\d+$/.test(device.slice(disk.length + separator.length))
}
