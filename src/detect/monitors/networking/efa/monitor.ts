/** AWS Elastic Fabric Adapters: errors, retransmits, and whether the device answers commands. */
import { probeMonitor } from '../../probe.ts'
import { judgeEfa } from './judge.ts'
import { readEfa } from './read.ts'

export const efa = probeMonitor({
  name: 'efa',
  conditions: ['NetworkingReady'],
  everyMs: 60_000,
  values: {
    errors: {
      unit: 'count',
      help: 'Dropped packets, failed reads and writes and unresponsive peers of ten minutes, whichever are the most.',
      parts: ['counter'],
    },
    'retransmits-percent': {
      unit: 'percent',
      help: 'Retransmitted bytes, packets and time-outs, as a share of what is normal on a busy port.',
    },
    'commands-lost': { unit: 'count', help: 'Commands of ten minutes that the device did not answer.' },
    'commands-failed': { unit: 'count', help: 'Commands of ten minutes that the device refused.' },
    silent: { unit: 'count', help: '1 when the device gives no sign of life any more.' },
  },
  look: ({ host, clock }, before) => readEfa(host, clock.monotonic(), before),
  judge: judgeEfa,
})
