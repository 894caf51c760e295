/** The connection of a pod: its service account's token and the cluster's CA, read again when kubelet rotates them. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ConnectionConfig } from '../connection.ts'
import { KubeError } from '../errors.ts'

export interface InClusterOptions {
  /** Prefix of the service account's folder: `/`, or another root in tests. */
  readonly root: string
  readonly env: ServiceEnvironment
}

/** What kubelet tells every container about the API server. */
export interface ServiceEnvironment {
  readonly KUBERNETES_SERVICE_HOST?: string | undefined
  readonly KUBERNETES_SERVICE_PORT?: string | undefined
  readonly KUBERNETES_SERVICE_PORT_HTTPS?: string | undefined
}

const accountFolder = 'var/run/secrets/kubernetes.io/serviceaccount'

/** True where {@link inClusterConfig} has what it needs. */
export function isInCluster({ env }: Pick<InClusterOptions, 'env'>): boolean {
  return Boolean(env.KUBERNETES_SERVICE_HOST)
}

/**
 * The connection of a pod. It checks the files of token and CA before each call and reads a changed file again, so that
 * a rotation takes effect at once. Throws KubeError `NM_KUBE_CONFIG` outside a pod or without a mounted token.
 */
export function inClusterConfig({ root, env }: InClusterOptions): ConnectionConfig {
  const host = env.KUBERNETES_SERVICE_HOST
  if (!host) {
    throw configError(
      'KUBERNETES_SERVICE_HOST is not set, so this program does not run in a pod; run it inside a cluster or give a kubeconfig with --kubeconfig',
    )
  }
  const port = env.KUBERNETES_SERVICE_PORT_HTTPS || env.KUBERNETES_SERVICE_PORT || '443'
  const token = watchedFile(join(root, accountFolder, 'token'))
  const ca = watchedFile(join(root, accountFolder, 'ca.crt'))
  token()
  ca()
  return { server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`, ca, token: () => token().trim() }
}

/** Reads a file again when its inode, time or size changed: kubelet rotates whole folders by a symbolic link. */
function watchedFile(path: string): () => string {
  let seen = ''
  let text = ''
  return () => {
    try {
      const { ino, mtimeMs, size } = statSync(path)
      const now = `${ino} ${mtimeMs} ${size}`
      if (now !== seen) {
        text = readFileSync(path, 'utf8')
        seen = now
      }
    } catch (cause) {
      if (text !== '') return text // kubelet is rotating the file; the old content is valid for a while
      throw configError(
        `${path} cannot be read; mount the service account's token (automountServiceAccountToken)`,
        cause,
      )
    }
    return text
  }
}

function configError(text: string, cause?: unknown): KubeError {
  return new KubeError('NM_KUBE_CONFIG', text, { call: 'connect', ...(cause === undefined ? {} : { cause }) })
}
