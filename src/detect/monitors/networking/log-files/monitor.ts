/** Files in /var/log in which network agents and old daemons keep what they have to say: every rule with source `logfile`. */
import { logFileSource } from '../../../sources/logfile/source.ts'
import { logMonitor } from '../../log.ts'

export const logFiles = logMonitor({
  name: 'log-files',
  conditions: ['NetworkingReady', 'StorageReady', 'KernelReady', 'AcceleratedHardwareReady'],
  log: 'logfile',
  source: (parts) =>
    logFileSource({
      ...parts,
      files: () => [...new Set(parts.catalogue().rules.flatMap(({ files }) => files ?? []))],
    }),
})
