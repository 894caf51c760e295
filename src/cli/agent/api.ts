/** Connects the agent to the cluster: by its pod's service account, else by a kubeconfig, else not at all. */
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
 * Opens no connection yet, so an unreachable API server causes no error. Returns undefined without pod credentials or a
 * kubeconfig; the agent then only detects and serves metrics. Rejects with `NM_KUBE_CONFIG`.
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

/**
 * Adds Node's root certificates for a server without a configured CA, because the agent's process has no default CAs
 * (`main.ts`).
 */
function withRoots(config: ConnectionConfig): ConnectionConfig {
  if (config.ca !== undefined || !config.server.startsWith('https:')) return config
  let roots: string | undefined // built once, because a new string would open new sockets
  return {
    ...config,
    ca: () => {
      roots ??= [...rootCertificates, ...getCACertificates('extra')].join('\n')
      return roots
    },
  }
}
