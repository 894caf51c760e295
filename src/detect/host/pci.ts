/** Devices on the PCI bus, by the addresses that kernel lines write: with or without function, some with a long domain. */
import type { Host } from './host.ts'

export const pciFolder = 'sys/bus/pci/devices'

/** Functions of the device at `address` that sysfs lists; undefined for what is no PCI address, or where there is no bus. */
export function pciFunctions(host: Host, address: string): readonly string[] | undefined {
  const parts = /^(?:0000)?([\da-f]{4}:[\da-f]{2}:[\da-f]{2})(\.[\da-f])?$/.exec(address)
  const all = parts ? host.list(pciFolder) : []
  if (!parts || all.length === 0) return undefined
  const [, slot, own = '.'] = parts
  return all.filter((name) => name.toLowerCase().startsWith(`${slot}${own}`))
}
