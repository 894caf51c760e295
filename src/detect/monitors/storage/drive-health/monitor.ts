/** Drives that announce their end: SMART, once an hour. */
import { probeMonitor } from '../../probe.ts'
import { judgeDriveHealth } from './judge.ts'
import { readDriveHealth } from './read.ts'

export const driveHealth = probeMonitor({
  name: 'drive-health',
  conditions: ['StorageReady'],
  everyMs: 3_600_000, // it costs a program for each drive, and health changes over days
  values: {
    warnings: {
      unit: 'count',
      help: 'What a drive warns of about its own health.',
      parts: ['what', 'model', 'serial'],
    },
    'worn-percent': {
      unit: 'percent',
      help: 'How much of its life an NVMe drive has used, by its maker’s estimate; may be above 100.',
      parts: ['model', 'serial'],
    },
    'media-errors': {
      unit: 'count',
      help: 'Data that an NVMe drive could not recover in its life.',
      gaugeOnly: true,
    },
  },
  look: (from) => readDriveHealth(from),
  judge: judgeDriveHealth,
})
