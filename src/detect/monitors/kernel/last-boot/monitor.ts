/** What the kernel left of its last words over a crash: every rule with source `pstore`. */
import { pstoreSource } from '../../../sources/pstore/source.ts'
import { logMonitor } from '../../log.ts'

export const lastBoot = logMonitor({
  name: 'last-boot',
  conditions: ['KernelReady'],
  log: 'pstore',
  source: (parts) => pstoreSource(parts),
})
