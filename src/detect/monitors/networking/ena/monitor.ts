/** The network allowances of an EC2 instance: what goes beyond them is queued or dropped. */
import { probeMonitor } from '../../probe.ts'
import { judgeEna } from './judge.ts'
import { readEna } from './read.ts'

const packets = (what: string) =>
  ({ unit: 'count', help: `Packets that EC2 queued or dropped in the last ten minutes because ${what}.` }) as const

export const ena = probeMonitor({
  name: 'ena',
  conditions: ['NetworkingReady'],
  everyMs: 300_000,
  values: {
    'bandwidth-in': packets('the instance received more than its bandwidth'),
    'bandwidth-out': packets('the instance sent more than its bandwidth'),
    packets: packets('the instance sent and received more packets per second than it may'),
    connections: packets('the instance had more tracked connections than it may'),
    'link-local': packets('the instance sent more to the resolver, the metadata service and the clock than it may'),
  },
  look: (from, before) => readEna(from, before),
  judge: judgeEna,
})
