/**
 * The health of kube-proxy: pkg/proxy/healthcheck/proxy_health.go serves /livez and /healthz on port 10256. /healthz
 * also fails on a node that is being removed, so it is asked only where /livez (1.28) does not exist.
 */
import type { Host } from '../../../host/host.ts'
import { type Loopback, podFolders } from '../../../host/network.ts'
import type { Look } from '../../probe.ts'

export interface KubeProxySample {
  /** Why it is not well; undefined when it is. */
  readonly trouble?: string
  /** It has answered at this or an earlier look: the port can be switched off. */
  readonly answered: boolean
}

const service = { address: '127.0.0.1', port: 10_256 }

export async function readKubeProxy(
  host: Host,
  loopback: Loopback | undefined,
  before?: KubeProxySample,
): Promise<Look<KubeProxySample>> {
  if (podFolders(host, 'kube-proxy-').length === 0) return { absent: 'no pod of kube-proxy has run on this node' }
  if (!loopback) return { absent: 'services of a saved copy of a machine cannot be asked' }
  const live = await statusOf(loopback, '/livez')
  const found = live === 404 ? await statusOf(loopback, '/healthz') : live
  if (typeof found === 'string') return { sample: { trouble: found, answered: before?.answered ?? false } }
  return { sample: { answered: true, ...(found !== 200 && { trouble: `its health check answers ${found}` }) } }
}

/** The status of a page, or why there is none. */
async function statusOf(loopback: Loopback, path: string): Promise<number | string> {
  const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`
  const answer = await loopback.ask(service, Buffer.from(request))
  if ('refused' in answer) return 'nothing listens on its health port'
  if ('silent' in answer) return `its health port ${answer.silent}`
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(answer.bytes.toString('latin1', 0, 16))?.[1]
  return status === undefined ? 'its health port does not speak HTTP' : Number(status)
}
