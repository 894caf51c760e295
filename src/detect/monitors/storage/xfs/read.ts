/** How large the free pieces of XFS file systems are: xfs_db(8), `freesp -s`. It reads the free space, and locks nothing. */

import { deviceOf, diskMounts, readMounts } from '../../../host/mount-table.ts'
import { askProgram } from '../../../host/programs.ts'
import type { Look, ProbeHost } from '../../probe.ts'

export interface XfsVolume {
  readonly name: string
  readonly where: string
  /** Mean size of a free piece, in blocks; undefined where xfs_db did not say it in time. */
  readonly blocks: number | undefined
}

/** Each can take the whole time of a program. */
const mostVolumes = 2

export async function readXfs(from: ProbeHost): Promise<Look<readonly XfsVolume[]>> {
  const table = readMounts(from.host)
  if (!('mounts' in table)) return table
  const mounts = diskMounts(table.mounts).filter(({ type }) => type === 'xfs')
  if (mounts.length === 0) return { absent: 'this machine has no XFS file system' }
  const volumes: XfsVolume[] = []
  for (const mount of mounts.slice(0, mostVolumes)) {
    const name = deviceOf(from.host, mount)
    const answer = await askProgram(from, 'xfs_db', ['-r', '-c', 'freesp -s', `/dev/${name}`])
    if ('absent' in answer) return answer
    // A large file system takes longer than a look may: that is no fault of it.
    const found = 'output' in answer ? /average free extent size (\d+(?:\.\d+)?)/.exec(answer.output)?.[1] : undefined
    volumes.push({ name, where: mount.where, blocks: found === undefined ? undefined : Number(found) })
  }
  return { sample: volumes }
}
