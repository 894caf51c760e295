/** Ports of InfiniBand and RoCE adapters: state, rate, errors, and whether their drivers are whole. */
import { probeMonitor } from '../../probe.ts'
import { judgeRdma } from './judge.ts'
import { readRdma } from './read.ts'

const state = ['state', 'physical'] as const

export const rdma = probeMonitor({
  name: 'rdma',
  conditions: ['NetworkingReady'],
  everyMs: 60_000,
  values: {
    'infiniband-port-down': {
      unit: 'count',
      help: '1 for an InfiniBand port that was active and is not.',
      parts: state,
    },
    'roce-port-down': { unit: 'count', help: '1 for a RoCE port that was active and is not.', parts: state },
    'rate-lost-percent': {
      unit: 'percent',
      help: 'How much slower the port is than it was at its fastest since the agent started.',
      parts: ['rate', 'fastest'],
    },
    'device-missing': {
      unit: 'count',
      help: '1 for an adapter whose character device is missing.',
      parts: ['missing'],
    },
    'card-without-driver': { unit: 'count', help: '1 for an InfiniBand card that no driver is bound to.' },
    'link-downed': { unit: 'count', help: 'How often the link went down in the last ten minutes.' },
    'link-recoveries-per-minute': { unit: 'count', help: 'How often the link was trained anew while in use.' },
    'symbol-errors-per-second': { unit: 'count', help: 'Symbols that arrived damaged.' },
    'receive-errors-per-second': { unit: 'count', help: 'Packets that arrived with an error.' },
    'integrity-errors': { unit: 'count', help: 'Times that errors of the link passed its threshold in ten minutes.' },
    'buffer-overruns': { unit: 'count', help: 'Times that receive buffers overflowed in ten minutes.' },
    'discards-per-second': { unit: 'count', help: 'Packets that could not be sent and were dropped.' },
    'ack-timeouts-per-second': { unit: 'count', help: 'Packets whose acknowledgement did not come.' },
    'receiver-not-ready': {
      unit: 'count',
      help: 'Requests of ten minutes that ended because the receiver was not ready.',
    },
    'slow-restarts-per-second': { unit: 'count', help: 'RoCE connections that began slowly again after congestion.' },
  },
  look: ({ host, clock }, before) => readRdma(host, clock.monotonic(), before),
  judge: judgeRdma,
})
