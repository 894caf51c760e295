/**
 * Does a fault that was logged still last? Asked about lines that are older than the agent's first start on a node: they
 * condemn the node only while the fault can be seen.
 */
import type { LastsCheck } from '../../catalog/compiled.ts'
import { type Host, textOf } from './host.ts'
import { pciFolder, pciFunctions } from './pci.ts'

/** True: it lasts. False: it is over. Undefined: nobody can tell. */
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

/** A device that left the bus is gone from sysfs, or its configuration space reads as ones (PCI Express 2.3.2). */
function isPciDeviceLost(host: Host, device: string): boolean | undefined {
  const functions = pciFunctions(host, device)
  if (functions === undefined || functions.length === 0) return functions && true
  return functions.some((name) => {
    const config = textOf(host.read(`${pciFolder}/${name}/config`))
    return config !== undefined && config.length >= 4 && [...config.slice(0, 4)].every((byte) => byte === '\ufffd')
  })
}

/**
 * The mount of a block device as init sees it. Since Linux 6.18 a file system that stopped itself is listed as `rw` with
 * `emergency_ro` or `shutdown` behind it (seen on ext4).
 */
function isMountReadOnly(host: Host, device: string): boolean | undefined {
  const mounts = textOf(host.read('proc/1/mountinfo'))
  if (mounts === undefined) return undefined
  const own = mounts.split('\n').filter((line) => line.split(' - ')[1]?.split(' ')[1] === `/dev/${device}`)
  if (own.length === 0) return false
  return own.some((line) => {
    const [head = '', tail = ''] = line.split(' - ')
    const options = [...(head.split(' ')[5] ?? '').split(','), ...(tail.split(' ')[2] ?? '').split(',')]
    return options.some((option) => option === 'ro' || option === 'emergency_ro' || option === 'shutdown')
  })
}

/** drivers/nvme/host/sysfs.c, `state`: a controller that was given up is `dead`, or removed. */
function isNvmeDead(host: Host, device: string): boolean | undefined {
  const controller = /^(nvme\d+)/.exec(device)?.[1]
  if (controller === undefined) return undefined
  const state = textOf(host.read(`sys/class/nvme/${controller}/state`))?.trim()
  if (state === undefined) return host.list('sys/class/nvme').length > 0 ? true : undefined
  return state === 'dead' || state.startsWith('deleting')
}

/** drivers/md/md.c, `degraded`: how many members are missing. */
function isArrayDegraded(host: Host, device: string): boolean | undefined {
  const missing = textOf(host.read(`sys/class/block/${device}/md/degraded`))
  return missing === undefined ? undefined : Number(missing) > 0
}
