/**
 * Checks whether a logged fault is still present. Lines from before the agent's first start on a node condemn it only
 * while their fault is present.
 */
import type { LastsCheck } from '../../catalog/compiled.ts'
import { type Host, textOf } from './host.ts'
import { deviceOf, isStopped, readMounts } from './mount-table.ts'
import { pciFolder, pciFunctions } from './pci.ts'

/** True: the fault is present. False: it is over. Undefined: the host gives no answer. */
export function lasts(host: Host, check: LastsCheck, device: string | undefined): boolean | undefined {
  if (device === undefined) return undefined
  return checks[check](host, device)
}

const checks: Readonly<Record<LastsCheck, (host: Host, device: string) => boolean | undefined>> = {
  'pci-device-lost': isPciDeviceLost,
  'mount-read-only': isMountReadOnly,
  'nvme-dead': isNvmeDead,
  'array-degraded': isArrayDegraded,
}

/**
 * A GPU that left the bus is missing in sysfs, or its configuration space reads as all ones (PCI Express 2.3.2). On a
 * machine without a trace of such devices the line may be about a device that never was there.
 */
function isPciDeviceLost(host: Host, device: string): boolean | undefined {
  const functions = pciFunctions(host, device)
  if (functions === undefined) return undefined
  if (functions.length === 0) return hasNvidia(host) ? true : undefined
  return functions.some((name) => {
    const config = textOf(host.read(`${pciFolder}/${name}/config`))
    return config !== undefined && config.length >= 4 && [...config.slice(0, 4)].every((byte) => byte === '\ufffd')
  })
}

/** The driver is loaded, or another device of the vendor is there. */
function hasNvidia(host: Host): boolean {
  if (host.list('sys/bus/pci/drivers/nvidia').length > 0) return true
  return host.list(pciFolder).some((name) => textOf(host.read(`${pciFolder}/${name}/vendor`))?.trim() === '0x10de')
}

/**
 * Reads the mount table of init. Since Linux 6.18 a file system that stopped itself is listed as `rw`, followed by
 * `emergency_ro` or `shutdown` (observed on ext4).
 */
function isMountReadOnly(host: Host, device: string): boolean | undefined {
  const table = readMounts(host)
  if (!('mounts' in table)) return undefined
  return table.mounts
    .filter((mount) => deviceOf(host, mount) === device)
    .some(({ options }) => options.includes('ro') || options.some(isStopped))
}

/** drivers/nvme/host/sysfs.c, `state`: a controller that the driver gave up is `dead` or removed. */
function isNvmeDead(host: Host, device: string): boolean | undefined {
  const controller = /^(nvme\d+)/.exec(device)?.[1]
  if (controller === undefined) return undefined
  const state = textOf(host.read(`sys/class/nvme/${controller}/state`))?.trim()
  if (state === undefined) return host.list('sys/class/nvme').length > 0 ? true : undefined
  return state === 'dead' || state.startsWith('deleting')
}

/** drivers/md/md.c, `degraded`: the number of missing members. */
function isArrayDegraded(host: Host, device: string): boolean | undefined {
  const missing = textOf(host.read(`sys/class/block/${device}/md/degraded`))
  return missing === undefined ? undefined : Number(missing) > 0
}
