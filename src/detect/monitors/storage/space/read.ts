/** Space and inodes of the file systems that the node writes: statfs(2) of each mount of a disk. */
import { BlockDevices } from '../../../host/block-devices.ts'
import type { Host, Space } from '../../../host/host.ts'
import { deviceOf, diskMounts, type Mount, readMounts } from '../../../host/mount-table.ts'
import type { Look } from '../../probe.ts'

export interface Volume extends Space {
  readonly name: string
  readonly where: string
  /** It holds the container images, so kubelet deletes images before it is full. */
  readonly images: boolean
  /** Earlier looks of the last half hour, oldest first. */
  readonly past: readonly { readonly at: number; readonly usedBytes: number }[]
}

export type SpaceSample = { readonly at: number; readonly volumes: readonly Volume[] }

/** The trend is taken over this time. */
export const trendMs = 30 * 60_000

/** Full on purpose, or not the node's: boot partitions hold a few kernels, volumes of pods are kubelet's to watch. */
const leftOut = /^\/(?:boot|efi)(?:\/|$)|^\/var\/lib\/kubelet\/(?:pods|plugins)\//
/** Where the container runtimes keep images, by preference of the mount that holds it. */
const imageFolders = ['/var/lib/containerd', '/var/lib/containers', '/var/lib/docker']

export async function readSpace(host: Host, at: number, before?: SpaceSample): Promise<Look<SpaceSample>> {
  const table = readMounts(host)
  if (!('mounts' in table)) return table
  const { isDetachable } = new BlockDevices(host)
  const mounts = diskMounts(
    table.mounts.filter(({ where, options }) => !leftOut.test(where) && !options.includes('ro')),
  )
  const volumes: Volume[] = []
  // One after the other, so that a dead disk occupies one thread of the pool, not all of them.
  for (const mount of mounts) {
    const name = deviceOf(host, mount)
    const space = isDetachable(name) ? undefined : await host.space(mount.where.slice(1))
    if (!space || !isOf(mount, space)) continue
    const images = holdsImages(mount, table.mounts, host)
    volumes.push({ ...space, name, where: mount.where, images, past: pastOf(name, at, before) })
  }
  return { sample: { at, volumes } }
}

/** False where another file system lies at the path, as in a saved copy of a machine. Btrfs has a number per subvolume. */
function isOf({ number }: Mount, { device }: Space): boolean {
  return device === number || (number.startsWith('0:') && device.startsWith('0:'))
}

function holdsImages(mount: Mount, mounts: readonly Mount[], host: Host): boolean {
  const folder = imageFolders.find((path) => host.list(path.slice(1)).length > 0)
  if (folder === undefined) return false
  const holders = mounts.filter(({ where }) => where === '/' || `${folder}/`.startsWith(`${where}/`))
  const longest = holders.reduce<Mount | undefined>((a, b) => (a && a.where.length > b.where.length ? a : b), undefined)
  return longest?.number === mount.number
}

function pastOf(name: string, at: number, before?: SpaceSample): Volume['past'] {
  const last = before?.volumes.find((one) => one.name === name)
  if (!before || !last) return []
  const past = [...last.past, { at: before.at, usedBytes: last.usedBytes }]
  const oldest = past.findLastIndex((point) => point.at <= at - trendMs)
  return past.slice(Math.max(0, oldest))
}
