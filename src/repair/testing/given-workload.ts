/** Workloads and drains for scenario tests: owners that start their pods again, and refusals of evictions. */
import { type Call, type KubeObject, leases, pods, type Resource } from '../../kube/api.ts'
import { connectTo } from '../../kube/connect.ts'
import { KubeError, type KubeErrorCode } from '../../kube/errors.ts'
import { createObject } from '../../kube/objects.ts'
import type { Attempt } from '../../model/repair.ts'
import { type Tap, tap } from '../../providers/testing/tap.ts'
import { seededRandom } from '../../telemetry/clock.ts'
import type { Half, HalfOptions, TestCluster } from './test-cluster.ts'

const apps = (plural: string, kind: string): Resource => ({
  group: 'apps',
  version: 'v1',
  plural,
  kind,
  namespaced: true,
})
const kinds = { ReplicaSet: apps('replicasets', 'ReplicaSet'), DaemonSet: apps('daemonsets', 'DaemonSet') } as const

export const toleratesAll = [{ operator: 'Exists' }] as const

export interface GivenOwner {
  readonly kind?: keyof typeof kinds
  readonly annotations?: Readonly<Record<string, string>>
  readonly spec?: object
}

/** An owner with one pod whose labels are `{app: name}`. */
export async function givenOwner(cluster: TestCluster, name: string, given: GivenOwner = {}): Promise<void> {
  const { kind = 'ReplicaSet', annotations = {}, spec = {} } = given
  const labels = { app: name }
  const template = {
    metadata: { labels, annotations },
    spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'c', image: 'i' }], ...spec },
  }
  const owner = { selector: { matchLabels: labels }, template, ...(kind === 'ReplicaSet' && { replicas: 1 }) }
  await createObject(cluster.api, kinds[kind], { metadata: { name, namespace: 'default' }, spec: owner } as never)
}

/** A pod on `node` that a controller owns, which nothing starts again. */
export async function givenOwned(cluster: TestCluster, node: string, name: string, spec: object = {}, more = {}) {
  const lease = await createObject<KubeObject>(cluster.api, leases, { metadata: { name, namespace: 'default' } })
  const { uid } = lease.metadata
  const owner = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', name, uid, controller: true }
  const metadata = { name, namespace: 'default', labels: { app: name }, ownerReferences: [owner], ...more }
  const rest = { nodeName: node, terminationGracePeriodSeconds: 1, containers: [{ name: 'c', image: 'i' }] }
  await createObject(cluster.api, pods, { metadata, spec: { ...rest, ...spec } } as never)
}

/** A half whose evictions `refuse` answers, where it answers something. */
export async function halfWith(
  cluster: TestCluster,
  refuse: (call: Call) => KubeError | undefined,
  options: HalfOptions = {},
): Promise<{ half: Half; tapped: Tap }> {
  const { clock, url, token } = cluster
  const own = connectTo({ server: url, token: () => token }, { clock, random: seededRandom(5) })
  const before = (write: string, call: Call): void => {
    const error = write.startsWith('evict') ? refuse(call) : undefined
    if (error) throw error
  }
  const tapped = tap(own, { before })
  return { half: await cluster.half('a', { ...options, api: tapped.api }), tapped }
}

/** What an API server says in place of an answer to an eviction. */
export function refusedWith(code: KubeErrorCode, status: number, message: string): KubeError {
  return new KubeError(code, message, { call: 'evict', status })
}

/** Why the repair is in its present phase. */
export const whyOf = (attempt: Attempt | undefined): string => attempt?.phases.at(-1)?.why ?? ''
