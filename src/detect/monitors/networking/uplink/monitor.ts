/** The interfaces that carry the node's default route: state, members, speed, flaps and errors. */
import { probeMonitor } from '../../probe.ts'
import { judgeUplink } from './judge.ts'
import { readUplink } from './read.ts'

export const uplink = probeMonitor({
  name: 'uplink',
  conditions: ['NetworkingReady'],
  everyMs: 30_000,
  values: {
    'not-up': {
      unit: 'count',
      help: '1 for an interface of the default route that is switched off or gone.',
      parts: ['what', 'mac'],
    },
    'not-running': {
      unit: 'count',
      help: '1 for an interface of the default route that is up and has no carrier.',
      parts: ['state', 'mac'],
    },
    'loopback-missing': { unit: 'count', help: '1 when the node has no loopback interface.' },
    'default-route-missing': {
      unit: 'count',
      help: '1 when the node has lost its last default route.',
      parts: ['last'],
    },
    'members-down': {
      unit: 'count',
      help: 'Members without carrier of a bond that the default route needs.',
      parts: ['members', 'down'],
    },
    'carrier-changes': { unit: 'count', help: 'How often the carrier came or went in the last ten minutes.' },
    'speed-lost-percent': {
      unit: 'percent',
      help: 'How much slower the link is than it was at its fastest since the agent started.',
      parts: ['speed', 'fastest'],
    },
    'errors-percent': {
      unit: 'percent',
      help: 'Share of packets of the last ten minutes that were received or sent with an error.',
      parts: ['errors'],
    },
    'drops-percent': {
      unit: 'percent',
      help: 'Share of packets of the last ten minutes that the interface had no room for.',
      parts: ['drops'],
    },
    'pod-mtu-excess': {
      unit: 'bytes',
      help: 'By how much packets of pods can be larger than the interface of the default route can send.',
      parts: ['mtu', 'podMtu'],
    },
  },
  keeps: true,
  look: ({ host, clock }, before) => readUplink(host, clock.monotonic(), before),
  judge: judgeUplink,
})
