/** How the controller and a person's commands reach the cluster: a kubeconfig that is named, the pod's own, or the user's. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Api } from '../../kube/api.ts'
import { connectTo } from '../../kube/connect.ts'
import { inClusterConfig, isInCluster } from '../../kube/credentials/in-cluster.ts'
import { loadKubeconfig } from '../../kube/credentials/kubeconfig.ts'
import { version } from '../../telemetry/version.ts'
import type { Io } from '../io.ts'

/** Where a pod finds the name of its namespace. */
const namespaceFile = '/var/run/secrets/kubernetes.io/serviceaccount/namespace'

export interface ClusterFlags {
  readonly kubeconfig?: string
  readonly context?: string
}

export interface ClusterApi {
  readonly api: Api
  /** The pod's or the context's namespace, where one is named. */
  readonly namespace?: string
}

/** Opens nothing yet. Rejects with `NM_KUBE_CONFIG` when no cluster is configured. */
export async function clusterApi(flags: ClusterFlags, program: string, io: Io): Promise<ClusterApi> {
  const { env, clock, random } = io
  const options = { clock, random, userAgent: `nodemend-${program}/${version}` }
  if (flags.kubeconfig === undefined && flags.context === undefined && isInCluster({ env })) {
    const namespace = (await readFile(join('/', namespaceFile), 'utf8').catch(() => '')).trim()
    return { api: connectTo(inClusterConfig({ root: '/', env }), options), ...(namespace !== '' && { namespace }) }
  }
  const config = await loadKubeconfig({
    ...(flags.kubeconfig !== undefined && { path: flags.kubeconfig }),
    ...(flags.context !== undefined && { context: flags.context }),
    env,
    clock,
    readFile: (path) => readFile(path, 'utf8'),
  })
  const { namespace } = config
  return { api: connectTo(config, options), ...(namespace !== undefined && { namespace }) }
}
