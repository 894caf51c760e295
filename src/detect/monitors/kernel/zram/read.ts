/** Compressed memory that is used as a disk: drivers/block/zram/zram_drv.c, `mm_stat` and `disksize`. */
import { type Host, numberIn, textOf } from '../../../host/host.ts'
import type { Look } from '../../probe.ts'

export interface ZramDisk {
  readonly name: string
  /** What is stored, before compression. */
  readonly storedBytes: number
  /** The memory that it takes. */
  readonly takenBytes: number
  readonly sizeBytes: number
}

export function readZram(host: Host): Look<readonly ZramDisk[]> {
  const disks = host.list('sys/block').flatMap((name): readonly ZramDisk[] => {
    if (!/^zram\d+$/.test(name)) return []
    const [stored = '', , taken = ''] = (textOf(host.read(`sys/block/${name}/mm_stat`)) ?? '').trim().split(/\s+/)
    const sizeBytes = numberIn(host, `sys/block/${name}/disksize`) ?? 0
    // A disk that nobody has set up has the size 0.
    if (sizeBytes === 0 || !/^\d+$/.test(stored) || !/^\d+$/.test(taken)) return []
    return [{ name, storedBytes: Number(stored), takenBytes: Number(taken), sizeBytes }]
  })
  return disks.length === 0 ? { absent: 'this machine has no zram disk in use' } : { sample: disks }
}
