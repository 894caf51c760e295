/** The node's resolver: kubelet, the runtime's image pulls and pods with dnsPolicy Default need it. */
import { probeMonitor } from '../../probe.ts'
import { judgeResolver } from './judge.ts'
import { readResolver } from './read.ts'

export const resolver = probeMonitor({
  name: 'resolver',
  conditions: ['NetworkingReady'],
  everyMs: 60_000,
  values: {
    'no-server': { unit: 'count', help: '1 when /etc/resolv.conf names no server.' },
    'not-answering': {
      unit: 'count',
      help: '1 for a name server on this machine that does not answer any more.',
      parts: ['trouble'],
    },
  },
  look: ({ host, loopback }, before) => readResolver(host, loopback, before),
  judge: judgeResolver,
})
