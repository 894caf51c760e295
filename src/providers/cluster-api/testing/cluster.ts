/** A management cluster of tests: objects of Cluster API by hand, and what their controllers do with a machine in the end. */
import { type Api, type KubeObject, nodes } from '../../../kube/api.ts'
import { createObject, deleteObject, getObject, listObjects, patchObject } from '../../../kube/objects.ts'
import { isMarked } from '../judge.ts'
import {
  clusters,
  controlPlanes,
  type Machine,
  machineDeployments,
  machineSets,
  machines,
  type Version,
  type VersionedKind,
} from '../objects.ts'
import { machinePools } from './definitions.ts'

export const namespace = 'clusters'
export const poolLabels = { 'node.cluster.x-k8s.io/pool': 'gpu' }
const finalizers = ['machine.cluster.x-k8s.io']
const revision = { 'machinedeployment.clusters.x-k8s.io/revision': '3' }

/** Whose machine it is. */
export type OwnedBy = 'MachineSet' | 'KubeadmControlPlane' | 'MachinePool'

/** Any object of Cluster API in a test. */
export interface Made extends KubeObject {
  readonly spec?: object
}

export async function make(api: Api, kind: VersionedKind, version: Version, name: string, more: Partial<Made> = {}) {
  const { metadata, ...rest } = more
  const body: Made = { metadata: { name, namespace, ...metadata }, ...rest }
  return createObject<Made>(api, kind(version), body)
}

/** The controller that owns an object. */
function ownerOf({ kind = '', metadata: { name = '', uid = '' } }: KubeObject, version: Version) {
  return { ownerReferences: [{ apiVersion: `cluster.x-k8s.io/${version}`, kind, name, uid, controller: true }] }
}

/** A Cluster with one owner of machines. */
export async function owners(api: Api, version: Version, ownedBy: OwnedBy): Promise<KubeObject> {
  await make(api, clusters, version, 'prod', { spec: { paused: false } })
  if (ownedBy === 'KubeadmControlPlane') {
    return make(api, controlPlanes, version, 'prod-cp', { spec: { replicas: 3 } })
  }
  if (ownedBy === 'MachinePool') return make(api, machinePools, version, 'gpu')
  const deployment = await make(api, machineDeployments, version, 'gpu', { metadata: { annotations: revision } })
  const metadata = { annotations: revision, ...ownerOf({ kind: 'MachineDeployment', ...deployment }, version) }
  return make(api, machineSets, version, 'gpu-1', { metadata, spec: { replicas: 2 } })
}

/** A Machine, and its Node where it has one. */
export async function machine(
  api: Api,
  version: Version,
  name: string,
  { owner, kind, ref = {} }: { readonly owner: KubeObject; readonly kind: OwnedBy; readonly ref?: object },
): Promise<{ readonly machine: KubeObject; readonly node: KubeObject }> {
  const labels = kind === 'KubeadmControlPlane' ? { 'cluster.x-k8s.io/control-plane': '' } : { set: 'gpu' }
  const metadata = { labels, finalizers, ...ownerOf({ ...owner, kind }, version) }
  const made = await make(api, machines, version, name, { metadata, spec: { clusterName: 'prod' } })
  const annotations = { 'cluster.x-k8s.io/machine': name, 'cluster.x-k8s.io/cluster-namespace': namespace }
  const node = await createObject<KubeObject>(api, nodes, { metadata: { name, labels: poolLabels, annotations } })
  const status = { nodeRef: { name, ...ref }, conditions: [condition('Ready', 'True')] }
  await patchObject(api, machines(version), { name, namespace }, { status }, { type: 'merge', subresource: 'status' })
  return { machine: made, node }
}

export function condition(type: string, status: string) {
  return { type, status, reason: type, message: `${type} is ${status}`, lastTransitionTime: '2026-01-01T00:00:00Z' }
}

/** The machines that are deleted, or that their owner is asked to replace. */
export async function endangered(api: Api, version: Version): Promise<number> {
  const { items } = await listObjects<Machine>(api, machines(version), { namespace })
  return items.filter((one) => one.metadata.deletionTimestamp !== undefined || isMarked(one)).length
}

/** What the owner of a marked machine does, and then the controller of Machines: both objects go. */
export async function replaceMarked(api: Api, version: Version, name: string): Promise<void> {
  const ref = { name, namespace }
  const now = await getObject<Machine>(api, machines(version), ref)
  if (now.metadata.deletionTimestamp === undefined) await deleteObject(api, machines(version), ref)
  await letGo(api, version, name)
  await deleteObject(api, nodes, { name })
}

/** The controller of Machines drops its finaliser. */
export async function letGo(api: Api, version: Version, name: string): Promise<void> {
  const patch = { metadata: { finalizers: null } }
  await patchObject(api, machines(version), { name, namespace }, patch, { type: 'merge' })
}
