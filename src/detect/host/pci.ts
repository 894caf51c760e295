/** Looks up PCI devices by the addresses in kernel lines, which come with or without function and domain. */
import type { Host } from './host.ts'

export const pciFolder = 'sys/bus/pci/devices'

/**
 * Functions that sysfs lists for the device at `address`; undefined for any other text, or when there is no PCI bus.
 */
export function pciFunctions(host: Host, address: string): readonly string[] | undefined {
  const parts = /^(?:0000)?([\da-f]{4}:[\da-f]{2}:[\da-f]{2})(\.[\da-f])?$/.exec(address)
  const all = parts ? host.list(pciFolder) : []
  if (!parts || all.length === 0) return undefined
  const [, slot, own = '.'] = parts
  return all.filter((name) => name.toLowerCase().startsWith(`${slot}${own}`))
}
