/**
 * Finds accelerators on the PCI bus by vendor, class and device id in sysfs. The kernel answers from memory, so reading
 * wakes no device.
 */
import { type Host, textOf } from './host.ts'
import { pciFolder } from './pci.ts'

export type AcceleratorKind = 'nvidia' | 'neuron' | 'amd' | 'gaudi'

export interface Accelerator {
  readonly kind: AcceleratorKind
  /** PCI address with domain, lower case, e.g. `0000:3b:00.0`. */
  readonly address: string
  /** Vendor and device id, e.g. `10de:2330`. */
  readonly id: string
  /** The bound kernel driver; absent when the device has none. */
  readonly driver?: string
}

/** PCI base class and subclass of compute devices: VGA, 3D and other display controllers, processing accelerators. */
const compute = /^0x(?:0300|0302|0380|1200)/

interface Vendor {
  readonly kind: AcceleratorKind
  readonly fits: (pciClass: string, device: string) => boolean
}

/** https://pci-ids.ucw.cz: 10de NVIDIA, 1002 AMD, 1da3 Habana, 1d0f Amazon, which also has NVMe and ENA devices. */
const vendors: Readonly<Record<string, Vendor>> = {
  '0x10de': { kind: 'nvidia', fits: (pciClass) => compute.test(pciClass) },
  '0x1002': { kind: 'amd', fits: (pciClass) => /^0x(?:0302|0380|1200)/.test(pciClass) },
  '0x1da3': { kind: 'gaudi', fits: () => true },
  '0x1d0f': { kind: 'neuron', fits: (_class, device) => /^0x7[0-9a-f]64$/.test(device) },
}

/** Whether the NVIDIA driver has a device: one folder is looked at, and not every device of the bus. */
export function isNvidiaBound(host: Host): boolean {
  return host.list('sys/bus/pci/drivers/nvidia').some((name) => name.includes(':'))
}

export function findAccelerators(host: Host): readonly Accelerator[] {
  return host.list(pciFolder).flatMap((address) => {
    const read = (file: string): string => textOf(host.read(`${pciFolder}/${address}/${file}`))?.trim() ?? ''
    const vendorId = read('vendor')
    const vendor = Object.hasOwn(vendors, vendorId) ? vendors[vendorId] : undefined
    if (!vendor) return []
    const device = read('device')
    if (!vendor.fits(read('class'), device)) return []
    const driver = /^DRIVER=(.+)$/m.exec(read('uevent'))?.[1]
    const id = `${vendorId.slice(2)}:${device.slice(2)}`
    return [{ kind: vendor.kind, address: address.toLowerCase(), id, ...(driver !== undefined && { driver }) }]
  })
}
