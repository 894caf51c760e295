/** udev's rule for MAC addresses, where the Amazon VPC CNI is installed. */
import { probeMonitor } from '../../probe.ts'
import { judgeMacPolicy } from './judge.ts'
import { readMacPolicy } from './read.ts'

export const macPolicy = probeMonitor({
  name: 'mac-policy',
  conditions: ['NetworkingReady'],
  everyMs: 300_000,
  values: {
    misconfigured: {
      unit: 'count',
      help: 'Files by which udev changes the MAC address of pods’ interfaces.',
      parts: ['file', 'policy'],
    },
  },
  look: ({ host }) => readMacPolicy(host),
  judge: judgeMacPolicy,
})
