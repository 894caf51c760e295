/**
 * Whether file systems take writes. Since Linux 6.18 ext4 lists a file system that stopped itself as `rw` with
 * `emergency_ro` or `shutdown` (fs/ext4/super.c, `_ext4_show_options`); before that it says `ro`.
 */
import { BlockDevices, systemFolders } from '../../../host/block-devices.ts'
import { type Host, numberIn } from '../../../host/host.ts'
import { deviceOf, diskMounts, isStopped, type Mount, readMounts } from '../../../host/mount-table.ts'
import type { Look } from '../../probe.ts'

export interface FileSystem {
  readonly device: string
  readonly where: string
  readonly type: string
  /** `rw`, `ro`, or the option by which the file system says that it stopped itself. */
  readonly state: string
  /** The node itself needs it. */
  readonly system: boolean
  /** It was writable at an earlier look of this process. */
  readonly wasWritable: boolean
  /** ext4 has recorded an error on it since its last check: fs/ext4/sysfs.c, `errors_count`. */
  readonly hasErrors: boolean
  readonly detachable: boolean
}

export type MountsSample = readonly FileSystem[]

export function readFileSystems(host: Host, before: MountsSample = []): Look<MountsSample> {
  const table = readMounts(host)
  if (!('mounts' in table)) return table
  const onSystem = new Set(table.mounts.filter(({ where }) => systemFolders.has(where)).map(({ number }) => number))
  const writable = new Set(before.filter((one) => one.wasWritable).map(({ device }) => device))
  let blockDevices: BlockDevices | undefined // costs a walk through sysfs, so only where something is wrong
  return {
    sample: diskMounts(table.mounts).map((mount): FileSystem => {
      const [device, state] = [deviceOf(host, mount), stateOf(mount)]
      const sick = state !== 'rw'
      if (sick) blockDevices ??= new BlockDevices(host)
      return {
        device,
        where: mount.where,
        type: mount.type,
        state,
        system: onSystem.has(mount.number),
        wasWritable: !sick || writable.has(device),
        hasErrors: sick && (numberIn(host, `sys/fs/ext4/${device}/errors_count`) ?? 0) > 0,
        detachable: sick && (blockDevices?.isDetachable(device) ?? false),
      }
    }),
  }
}

function stateOf({ options }: Mount): string {
  return options.find(isStopped) ?? (options.includes('ro') ? 'ro' : 'rw')
}
