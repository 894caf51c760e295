/** kube-proxy, where it runs as a pod: without it, Services lead to pods that are gone. */
import { probeMonitor } from '../../probe.ts'
import { judgeKubeProxy } from './judge.ts'
import { readKubeProxy } from './read.ts'

export const kubeProxy = probeMonitor({
  name: 'kube-proxy',
  conditions: ['NetworkingReady'],
  everyMs: 60_000,
  values: {
    'not-ready': { unit: 'count', help: '1 when the health check of kube-proxy fails.', parts: ['trouble'] },
  },
  look: ({ host, loopback }, before) => readKubeProxy(host, loopback, before),
  judge: judgeKubeProxy,
})
