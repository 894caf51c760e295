/**
 * Tells which block devices do not belong to the machine: loop devices, optical discs, memory disks, pen drives, and dm
 * or md devices that consist only of those. A file system fault there is reported but does not condemn the node, unless
 * the device carries a system mount.
 */
import { type Host, textOf } from './host.ts'
import { readMounts } from './mount-table.ts'

/** Whether the device with this kernel name (`sdb1`, `dm-3`, `loop0p1`) can be removed from the machine. */
export type IsDetachable = (device: string) => boolean

const byName = /^(?:loop|zram|ram|sr|fd)\d+(?:p\d+)?$/

/** Judges by the name alone, for logs of other machines. */
export const isDetachableByName: IsDetachable = (device) => byName.test(device)

/** Mount points that a node needs, whatever device carries them. */
export const systemFolders: ReadonlySet<string> = new Set([
  '/',
  '/sysroot',
  '/usr',
  '/etc',
  '/var',
  '/var/log',
  '/var/lib',
  '/var/lib/kubelet',
  '/var/lib/containerd',
  '/var/lib/containers',
  '/var/lib/docker',
  '/var/lib/rancher',
  '/var/lib/etcd',
])

/** Follows at most this many dm and md devices from one to the next. */
const deepest = 8
const folder = 'sys/class/block'

export class BlockDevices {
  readonly #host: Host
  /** Device numbers of pen drives, by name. sysfs forgets an unplugged drive before the kernel logs its errors. */
  readonly #penDrives = new Map<string, string>()

  constructor(host: Host) {
    this.#host = host
    this.look()
  }

  /** Records which pen drives are plugged in now; they stay known after they are unplugged. */
  look(): void {
    for (const name of this.#host.list(folder)) this.#lookAt(name)
  }

  readonly isDetachable: IsDetachable = (device) => this.#isDetachable(device, deepest) && !this.#carriesSystem(device)

  #isDetachable(device: string, depth: number): boolean {
    if (byName.test(device)) return true
    this.#lookAt(device)
    if (this.#penDrives.has(device)) return true
    const parts = depth > 0 ? this.#host.list(`${folder}/${device}/slaves`) : []
    return parts.length > 0 && parts.every((part) => this.#isDetachable(part, depth - 1))
  }

  /** Records whether the device that has this name now is a pen drive or card reader. */
  #lookAt(name: string): void {
    const link = this.#host.link(`${folder}/${name}`)
    if (link === undefined) return
    if (this.#isPenDrive(link)) this.#penDrives.set(name, this.#numberOf(name))
    else this.#penDrives.delete(name)
  }

  /**
   * Requires USB and the `removable` flag, because neither is proof alone: a USB disk may be the machine's only one,
   * and hot-swap bays report themselves removable (drivers/ata/libata-scsi.c, ATA_PFLAG_EXTERNAL).
   */
  #isPenDrive(link: string): boolean {
    if (!/\/usb\d+\//.test(link)) return false
    const disk = /\/block\/([^/]+)(?:\/[^/]+)?$/.exec(link)?.[1]
    return textOf(this.#host.read(`${folder}/${disk}/removable`))?.trim() === '1'
  }

  #numberOf(device: string): string {
    return textOf(this.#host.read(`${folder}/${device}/dev`))?.trim() ?? ''
  }

  #carriesSystem(device: string): boolean {
    const number = this.#penDrives.get(device) ?? this.#numberOf(device)
    const table = readMounts(this.#host)
    if (!('mounts' in table)) return false
    return table.mounts.some((mount) => {
      const isOn = (number !== '' && mount.number === number) || mount.source === `/dev/${device}`
      return isOn && systemFolders.has(mount.where)
    })
  }
}
