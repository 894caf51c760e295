/** Sockets: ports for outgoing connections, memory of TCP, connections without an owner. */
import { probeMonitor } from '../../probe.ts'
import { judgeSockets } from './judge.ts'
import { readSockets } from './read.ts'

export const sockets = probeMonitor({
  name: 'sockets',
  conditions: ['NetworkingReady'],
  everyMs: 60_000,
  values: {
    'tcp-memory-percent': {
      unit: 'percent',
      help: 'Share of the memory of all TCP sockets (net.ipv4.tcp_mem) that is in use.',
      parts: ['limit'],
    },
    'orphans-percent': {
      unit: 'percent',
      help: 'Share of TCP connections without an owner (net.ipv4.tcp_max_orphans) that is in use.',
      parts: ['limit'],
    },
    'ports-percent': {
      unit: 'percent',
      help: 'Share of the ports for outgoing connections that one destination has in use, at most.',
      parts: ['used', 'ports', 'destination'],
    },
  },
  look: ({ host }) => readSockets(host),
  judge: judgeSockets,
})
