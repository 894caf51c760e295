/** A kubeconfig file for one user of the cluster. JSON is YAML, so no YAML writer is needed. */

import { writeFileSync } from 'node:fs'

export interface KubeconfigContent {
  readonly url: string
  readonly caFile: string
  readonly token: string
  readonly user: string
  /** The name in the server's certificate, where the URL has an address that is not in it. */
  readonly serverName?: string
}

/** Writes the file at `path`, readable by its owner alone, with one context that is the current one. */
export function writeKubeconfig(path: string, content: KubeconfigContent): void {
  const serverName = content.serverName === undefined ? {} : { 'tls-server-name': content.serverName }
  const cluster = { server: content.url, 'certificate-authority': content.caFile, ...serverName }
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'nodemend-test',
    contexts: [
      { name: 'nodemend-test', context: { cluster: 'nodemend-test', user: content.user, namespace: 'default' } },
    ],
    clusters: [{ name: 'nodemend-test', cluster }],
    users: [{ name: content.user, user: { token: content.token } }],
  }
  writeFileSync(path, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 })
}
