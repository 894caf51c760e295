/** The tables of neighbours: a full one makes peers unreachable, on the node and in its pods. */
import { probeMonitor } from '../../probe.ts'
import { judgeNeighbours } from './judge.ts'
import { readNeighbours } from './read.ts'

export const neighbours = probeMonitor({
  name: 'neighbours',
  conditions: ['NetworkingReady'],
  everyMs: 30_000,
  values: {
    full: {
      unit: 'count',
      help: 'Neighbours that found the table full in the last five minutes, by table.',
      parts: ['entries'],
    },
    cleanings: {
      unit: 'count',
      help: 'Times that the table was cleaned for want of room in the last five minutes, by table.',
      parts: ['entries'],
    },
    entries: { unit: 'count', help: 'Entries of the table of neighbours, by table.', gaugeOnly: true },
  },
  keeps: true,
  look: ({ host, clock }, before) => readNeighbours(host, clock.monotonic(), before),
  judge: judgeNeighbours,
})
