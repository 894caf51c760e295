/** Rules of the packet filter that refuse packets, or take kubelet's port away. */
import { probeMonitor } from '../../probe.ts'
import { judgePacketFilter } from './judge.ts'
import { readPacketFilter } from './read.ts'

export const packetFilter = probeMonitor({
  name: 'packet-filter',
  conditions: ['NetworkingReady'],
  everyMs: 30 * 60_000, // it costs four programs of the host, and rules do not come by themselves
  values: {
    'reject-rules': {
      unit: 'count',
      help: 'Rules of a chain that refuse packets although the chain belongs to no known component.',
      parts: ['rule'],
    },
    'diverted-ports': {
      unit: 'count',
      help: 'Rules that send packets for kubelet’s port to another address.',
      parts: ['port', 'rule'],
    },
  },
  look: (from) => readPacketFilter(from),
  judge: judgePacketFilter,
})
