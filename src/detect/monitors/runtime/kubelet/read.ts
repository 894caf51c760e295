/** Kubelet's own health: pkg/kubelet/server/server.go serves /healthz on 127.0.0.1:10248 (healthzPort; 0 switches it off). */
import type { Host } from '../../../host/host.ts'
import type { Answer, Loopback } from '../../../host/network.ts'
import type { Look } from '../../probe.ts'

export interface KubeletSample {
  /** Why it is not well; undefined when it is. */
  readonly trouble?: string
  /** It has answered at this or an earlier look: the port can be switched off, and kubelet may not have started yet. */
  readonly answered: boolean
}

const service = { address: '127.0.0.1', port: 10_248 }
const request = Buffer.from('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')

export async function readKubelet(
  host: Host,
  loopback: Loopback | undefined,
  before?: KubeletSample,
): Promise<Look<KubeletSample>> {
  if (host.list('var/lib/kubelet').length === 0) return { absent: 'no kubelet has run on this machine' }
  if (!loopback) return { absent: 'services of a saved copy of a machine cannot be asked' }
  const trouble = troubleOf(await loopback.ask(service, request))
  if (trouble !== undefined) return { sample: { trouble, answered: before?.answered ?? false } }
  return { sample: { answered: true } }
}

function troubleOf(answer: Answer): string | undefined {
  if ('refused' in answer) return 'nothing listens on its health port'
  if ('silent' in answer) return `its health port ${answer.silent}`
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(answer.bytes.toString('latin1', 0, 16))?.[1]
  if (status === undefined) return 'its health port does not speak HTTP'
  return status === '200' ? undefined : `its health check answers ${status}`
}
