/** The container runtime's socket: kubelet can do nothing with a runtime that does not answer. */
import { probeMonitor } from '../../probe.ts'
import { judgeRuntime } from './judge.ts'
import { readRuntime } from './read.ts'

export const containerRuntime = probeMonitor({
  name: 'container-runtime',
  conditions: ['ContainerRuntimeReady'],
  everyMs: 30_000,
  values: {
    'not-answering': {
      unit: 'count',
      help: '1 when the container runtime does not answer on its socket.',
      parts: ['socket', 'trouble'],
    },
  },
  look: ({ host, loopback }, before) => readRuntime(host, loopback, before),
  judge: judgeRuntime,
})
