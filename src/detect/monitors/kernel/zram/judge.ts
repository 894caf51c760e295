/** How full each zram disk is, and how much memory it takes. */
import type { Measured } from '../../limits.ts'
import type { ZramDisk } from './read.ts'

export function judgeZram(disks: readonly ZramDisk[]): readonly Measured<'used-percent' | 'memory-bytes'>[] {
  return disks.flatMap(({ name: device, storedBytes, takenBytes, sizeBytes }) => {
    const parts = { memory: `${Math.round(takenBytes / 2 ** 20)} MiB` }
    return [
      { value: 'used-percent', amount: (storedBytes * 100) / sizeBytes, device, parts },
      { value: 'memory-bytes', amount: takenBytes, device },
    ]
  })
}
