/** Logs of kubelet, the container runtime and systemd: every catalogue rule with source `journal`. */
import { journalSource } from '../../../sources/journal/source.ts'
import { logMonitor } from '../../log.ts'

export const services = logMonitor({
  name: 'services',
  conditions: ['ContainerRuntimeReady', 'NetworkingReady', 'StorageReady', 'KernelReady', 'AcceleratedHardwareReady'],
  missed: 'what kubelet and the runtime log is not read',
  log: 'journal',
  source: (parts) =>
    journalSource({
      ...parts,
      units: () =>
        parts
          .catalogue()
          .rules.filter(({ source }) => source === 'journal')
          .map(({ units }) => units),
    }),
})
