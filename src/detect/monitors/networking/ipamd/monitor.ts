/** The address manager of the Amazon VPC CNI, where it is installed. */
import { probeMonitor } from '../../probe.ts'
import { judgeIpamd } from './judge.ts'
import { readIpamd } from './read.ts'

export const ipamd = probeMonitor({
  name: 'ipamd',
  conditions: ['NetworkingReady'],
  everyMs: 60_000,
  values: {
    'not-running': {
      unit: 'count',
      help: '1 when the address manager of the Amazon VPC CNI accepts no connection.',
      parts: ['trouble'],
    },
  },
  look: ({ host, loopback }) => readIpamd(host, loopback),
  judge: judgeIpamd,
})
