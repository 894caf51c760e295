/** What kubelet, the container runtime and systemd log: every rule of the catalogue whose source is `journal`. */
import { journalSource } from '../../../sources/journal/source.ts'
import { logMonitor } from '../../log.ts'

export const services = logMonitor({
  name: 'services',
  conditions: ['ContainerRuntimeReady', 'StorageReady'],
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
