/** A real API server with the chart installed by the real Helm, and tokens as pods have them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { ControlPlane } from '../cluster/control-plane.ts'
import { writeKubeconfig } from '../cluster/kubeconfig.ts'
import { connectRest, type Rest } from '../cluster/rest.ts'
import { clusterFor } from '../cluster/suite.ts'
import { chartFolder, type Helm, helmFor } from './helm.ts'

export const namespace = 'nodemend-system'

export interface Installed {
  readonly cluster: ControlPlane
  readonly helm: Helm
  /** Creates an object; rejects unless the server takes it. */
  create(path: string, body: object): Promise<{ readonly metadata: { readonly uid: string } }>
  /** The token of a pod on `node` that runs as `account`, and a client with it. */
  asPod(account: string, node: string): Promise<{ readonly rest: Rest; readonly kubeconfig: string }>
}

/** Undefined, with the test marked as skipped, on a machine without Go. */
export async function installed(t: TestContext, chart = chartFolder): Promise<Installed | undefined> {
  const cluster = await clusterFor(t, {}, ['helm'])
  if (!cluster) return undefined
  const helm = await helmFor(t, cluster.kubeconfig('admin'))
  if (!helm) return undefined
  const { admin } = cluster
  const create: Installed['create'] = async (path, body) => {
    const answer = await admin.send({ method: 'POST', path, body })
    if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body as { readonly metadata: { readonly uid: string } } // 201 answers the object
  }
  const labels = { 'pod-security.kubernetes.io/warn': 'restricted' }
  await create('/api/v1/namespaces', { metadata: { name: namespace, labels } })
  await create('/api/v1/namespaces', { metadata: { name: 'kube-node-lease' } }).catch(() => undefined) // may be there
  const { code, err } = await helm('install', 'nodemend', chart, `--namespace=${namespace}`)
  if (code !== 0) throw new Error(`helm install: ${err}`)
  let pods = 0
  const asPod: Installed['asPod'] = async (account, node) => {
    const name = `pod-${++pods}`
    const containers = [{ name: 'any', image: 'none' }]
    const spec = { nodeName: node, serviceAccountName: account, containers }
    const { metadata } = await create(`/api/v1/namespaces/${namespace}/pods`, { metadata: { name }, spec })
    const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name, uid: metadata.uid }
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`
    const issued = await create(path, { spec: { boundObjectRef } })
    const { token } = (issued as unknown as { readonly status: { readonly token: string } }).status // a TokenRequest
    const rest = connectRest(cluster.url, cluster.caFile, token)
    t.after(() => rest.close())
    const folder = mkdtempSync(join(tmpdir(), 'nodemend-pod-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const kubeconfig = join(folder, 'kubeconfig')
    writeKubeconfig(kubeconfig, { url: cluster.url, caFile: cluster.caFile, token, user: account })
    return { rest, kubeconfig }
  }
  return { cluster, helm, create, asPod }
}
