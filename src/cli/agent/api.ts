/** The agent's way to the cluster: its pod's service account, else a kubeconfig, else none. */
import { readFileSync } from 'node:fs'
import { getCACertificates, rootCertificates } from 'node:tls'
import type { Api } from '../../kube/api.ts'
import type { ConnectionConfig } from '../../kube/connection.ts'
import { inClusterConfig, isInCluster } from '../../kube/credentials/in-cluster.ts'
import { connectLean } from '../../kube/lean/transport.ts'
import type { Clock, Random } from '../../telemetry/clock.ts'
import { version } from '../../telemetry/version.ts'

export interface AgentApiOptions {
  readonly kubeconfig: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly random: Random
}

/**
 * Opens nothing yet, so an API server that is down is no error here. Undefined when neither a pod's credentials nor a
 * kubeconfig are at hand: the agent then detects and serves metrics only. Rejects with `NM_KUBE_CONFIG`.
 */
export async function agentApi({ kubeconfig, env, clock, random }: AgentApiOptions): Promise<Api | undefined> {
  const options = { clock, random, userAgent: `nodemend-agent/${version}`, maxConnections: 2 }
  if (kubeconfig !== undefined) {
    const { loadKubeconfig } = await import('../../kube/credentials/kubeconfig.ts')
    const config = await loadKubeconfig({ path: kubeconfig, env, clock, readFile: async (path) => readFileSync(path) })
    return connectLean(withRoots(config), options)
  }
  return isInCluster({ env }) ? connectLean(inClusterConfig({ root: '/', env }), options) : undefined
}

/** The agent's process has no default CAs (`main.ts`): a server whose CA nobody names gets Node's own, by name. */
function withRoots(config: ConnectionConfig): ConnectionConfig {
  if (config.ca !== undefined || !config.server.startsWith('https:')) return config
  let roots: string | undefined // one string: a new one would open new sockets
  return {
    ...config,
    ca: () => {
      roots ??= [...rootCertificates, ...getCACertificates('extra')].join('\n')
      return roots
    },
  }
}
