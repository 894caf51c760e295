/** Kubelet's health check: without kubelet, no pod of the node starts or ends. */
import { probeMonitor } from '../../probe.ts'
import { judgeKubelet } from './judge.ts'
import { readKubelet } from './read.ts'

export const kubelet = probeMonitor({
  name: 'kubelet',
  conditions: ['ContainerRuntimeReady'],
  everyMs: 30_000,
  values: {
    'not-answering': { unit: 'count', help: '1 when the health check of kubelet fails.', parts: ['trouble'] },
  },
  look: ({ host, loopback }, before) => readKubelet(host, loopback, before),
  judge: judgeKubelet,
})
