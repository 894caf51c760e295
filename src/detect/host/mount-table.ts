/** The mount table of init: fs/proc_namespace.c, `show_mountinfo` (proc_pid_mountinfo(5)). */
import { basename } from 'node:path'
import type { Host } from './host.ts'

export interface Mount {
  /** `major:minor` of the superblock. */
  readonly number: string
  readonly where: string
  readonly type: string
  /** What is mounted, e.g. `/dev/sda1`, `tmpfs`. */
  readonly source: string
  /** Options of the superblock. Those of the mount alone say nothing: a container's read-only view is one. */
  readonly options: readonly string[]
}

/** Reads `proc/1/mountinfo`, so an agent in a container sees the mounts of the machine. */
export function readMounts(
  host: Host,
): { readonly mounts: readonly Mount[] } | { readonly absent: string } | { readonly failed: string } {
  const read = host.read('proc/1/mountinfo')
  if ('denied' in read) return { failed: read.denied }
  if ('absent' in read) return { absent: 'this machine shows no mount table of its init' }
  return { mounts: parseMounts(read.text) }
}

/** Lines that are no mounts are left out. */
export function parseMounts(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    const [head = '', tail = ''] = line.split(' - ')
    const [, , number, , where] = head.split(' ')
    const [type, source, options] = tail.split(' ')
    if (number === undefined || where === undefined || type === undefined || source === undefined) return []
    return [{ number, where: plain(where), type, source: plain(source), options: options?.split(',') ?? [] }]
  })
}

/** The kernel writes space, tab, line feed and backslash as three octal digits: fs/seq_file.c, `mangle_path`. */
function plain(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_whole, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}

/** Whether an option of ext4 says that the file system stopped itself: fs/ext4/super.c, `_ext4_show_options`, since 6.18. */
export function isStopped(option: string): boolean {
  return option === 'emergency_ro' || option === 'shutdown'
}

/** Formats that are never written, so that read-only and full are their normal state. */
const readOnlyTypes: ReadonlySet<string> = new Set(['squashfs', 'iso9660', 'udf', 'erofs', 'cramfs', 'romfs'])

/** One mount of each file system that lies on a block device and can be written: the one with the shortest path. */
export function diskMounts(mounts: readonly Mount[]): readonly Mount[] {
  const found = new Map<string, Mount>()
  for (const mount of mounts) {
    if (!mount.source.startsWith('/dev/') || readOnlyTypes.has(mount.type)) continue
    const known = found.get(mount.number)
    if (!known || mount.where.length < known.where.length) found.set(mount.number, mount)
  }
  return [...found.values()]
}

/** The kernel's name of the block device, as kernel messages write it: `sda1`, `dm-0`. */
export function deviceOf(host: Host, { number, source }: Mount): string {
  // Btrfs mounts have a number of their own, so their source says it.
  const link = host.link(`sys/dev/block/${number}`) ?? host.link(source.slice(1)) ?? source
  return basename(link)
}
