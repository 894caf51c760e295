/** Software arrays: drivers/md/md.c, `degraded` and its siblings in sysfs. */
import { type Host, numberIn } from '../../../host/host.ts'
import type { Look } from '../../probe.ts'

export interface RaidArray {
  readonly name: string
  readonly disks: number
  /** Members that are missing; a rebuild in progress does not count as present. */
  readonly missing: number
}

/** Storage appliances mirror their system over every possible slot. */
const mostDisks = 15

export function readRaid(host: Host): Look<readonly RaidArray[]> {
  const arrays = host.list('sys/block').flatMap((name): readonly RaidArray[] => {
    if (!name.startsWith('md')) return []
    // Arrays without redundancy have no such file.
    const missing = numberIn(host, `sys/block/${name}/md/degraded`)
    const disks = numberIn(host, `sys/block/${name}/md/raid_disks`)
    return missing === undefined || disks === undefined || disks > mostDisks ? [] : [{ name, disks, missing }]
  })
  return arrays.length > 0 ? { sample: arrays } : { absent: 'this machine has no software array with redundancy' }
}
