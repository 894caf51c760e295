/**
 * Which block devices are no part of the machine: loop devices, discs, memory disks, pen drives, and what device mapper
 * or md builds of nothing else. A fault of a file system there is told and does not condemn the node, unless the machine
 * runs from it.
 */
import { type Host, textOf } from './host.ts'

/** Whether the device of this name, as kernel lines have it (`sdb1`, `dm-3`, `loop0p1`), can be taken away from the machine. */
export type IsDetachable = (device: string) => boolean

const byName = /^(?:loop|zram|ram|sr|fd)\d+(?:p\d+)?$/

/** What the name alone tells: for logs of other machines. */
export const isDetachableByName: IsDetachable = (device) => byName.test(device)

/** File systems that a node cannot do without, whatever device carries them. */
const systemFolders: ReadonlySet<string> = new Set([
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

/** Longest chain of dm and md devices that is followed. */
const deepest = 8
const folder = 'sys/class/block'

export class BlockDevices {
  readonly #host: Host
  /** Pen drives by name, with their device number. One that is pulled out is gone from sysfs before its errors are logged. */
  readonly #penDrives = new Map<string, string>()

  constructor(host: Host) {
    this.#host = host
    this.look()
  }

  /** Looks at what is plugged in now, and remembers it beyond its being pulled out. */
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

  /** Takes note whether `name`, which may be another device than the last of that name, is a pen drive or card reader. */
  #lookAt(name: string): void {
    const link = this.#host.link(`${folder}/${name}`)
    if (link === undefined) return
    if (this.#isPenDrive(link)) this.#penDrives.set(name, this.#numberOf(name))
    else this.#penDrives.delete(name)
  }

  /**
   * On USB, and removable by its own word. Either alone is not enough: a USB disk may be the machine's only one, and disks
   * in hot-swap bays call themselves removable (drivers/ata/libata-scsi.c, ATA_PFLAG_EXTERNAL).
   */
  #isPenDrive(link: string): boolean {
    if (!/\/usb\d+\//.test(link)) return false
    const disk = /\/block\/([^/]+)(?:\/[^/]+)?$/.exec(link)?.[1]
    return textOf(this.#host.read(`${folder}/${disk}/removable`))?.trim() === '1'
  }

  #numberOf(device: string): string {
    return textOf(this.#host.read(`${folder}/${device}/dev`))?.trim() ?? ''
  }

  /** Reads the mount table of init, not our own: proc_pid_mountinfo(5), `id parent major:minor root where … - type source …`. */
  #carriesSystem(device: string): boolean {
    const number = this.#penDrives.get(device) ?? this.#numberOf(device)
    const mounts = textOf(this.#host.read('proc/1/mountinfo'))?.split('\n') ?? []
    return mounts.some((line) => {
      const [head = '', tail = ''] = line.split(' - ')
      const [, , devNumber, , where = ''] = head.split(' ')
      const isOn = (number !== '' && devNumber === number) || tail.split(' ')[1] === `/dev/${device}`
      return isOn && systemFolders.has(where)
    })
  }
}
