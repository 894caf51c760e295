/** The network cards of the machine: interfaces with a device behind them (net/core/net-sysfs.c). */
import type { Nic } from '../../../model/node-health.ts'
import { type Host, textOf } from '../host.ts'
import { firstText, pciOf } from './disks.ts'

const folder = 'sys/class/net'

export function readNics(host: Host): readonly Nic[] {
  return host
    .list(folder)
    .filter(
      (name) => host.link(`${folder}/${name}/device`) !== undefined || host.list(`${folder}/${name}/device`).length > 0,
    )
    .map((name) => nicOf(host, name))
}

function nicOf(host: Host, name: string): Nic {
  const own = `${folder}/${name}`
  // A member of a bond takes over the address of the bond: drivers/net/bonding/bond_sysfs_slave.c keeps its own.
  const mac = firstText(host, own, ['bonding_slave/perm_hwaddr', 'address'])
  const uevent = textOf(host.read(`${own}/device/uevent`)) ?? ''
  const [driver, slot] = ['DRIVER', 'PCI_SLOT_NAME'].map((key) => new RegExp(`^${key}=(.+)$`, 'm').exec(uevent)?.[1])
  const pci = slot?.toLowerCase() ?? pciOf(host.link(`${own}/device`)) ?? pciOf(host.link(own))
  return { name, ...(mac && { mac }), ...(pci && { pci }), ...(driver && { driver }) }
}
