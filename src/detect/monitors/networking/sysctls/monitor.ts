/** Settings of the kernel without which pods cannot be reached. */
import { probeMonitor } from '../../probe.ts'
import { judgeSysctls } from './judge.ts'
import { readSysctls } from './read.ts'

export const sysctls = probeMonitor({
  name: 'sysctls',
  conditions: ['NetworkingReady'],
  everyMs: 60_000,
  values: {
    'forwarding-off': { unit: 'count', help: '1 when the node does not pass on packets of IPv4.' },
  },
  look: ({ host }) => readSysctls(host),
  judge: judgeSysctls,
})
