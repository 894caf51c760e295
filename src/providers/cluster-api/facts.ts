/** What the objects of Cluster API say about one node right now. */
import { type Api, type KubeObject, nodes, type OwnerReference } from '../../kube/api.ts'
import { readIfThere } from '../objects.ts'
import {
  clusters,
  controlPlanes,
  type HealthCheck,
  listHealthChecks,
  type Machine,
  machineDeployments,
  machineSets,
  machines,
  type Owner,
  readServed,
  type Served,
  type VersionedKind,
} from './objects.ts'

/** Annotations that Cluster API sets on a Node once it knows whose machine it is. */
export const machineKey = 'cluster.x-k8s.io/machine'
export const namespaceKey = 'cluster.x-k8s.io/cluster-namespace'

/** Owners of Machines that we read: those that replace a machine which is marked unhealthy. */
const ownerKinds: Readonly<Record<string, VersionedKind>> = {
  MachineSet: machineSets,
  MachineDeployment: machineDeployments,
  KubeadmControlPlane: controlPlanes,
}

export interface MachineFacts {
  readonly machine: Served<Machine>
  readonly namespace: string
  /** The reference to who owns the Machine; undefined where nobody does. */
  readonly ownedBy: OwnerReference | undefined
  /** Its owner, the owner of that and so on, as far as they can be read: MachineSet, MachineDeployment. */
  readonly owners: readonly Owner[]
  readonly cluster: Owner | undefined
  readonly healthChecks: readonly HealthCheck[]
}

export interface NodeLink {
  readonly namespace: string
  readonly name: string
}

/** Where the management cluster is, and what is left of the time for an answer. */
export interface Connections {
  /** The cluster whose nodes these are. */
  readonly api: Api
  /** The cluster that has its Machines: often the same one. */
  readonly management: Api
  left(): number
}

/** The Machine that the Node names; undefined where it names none, or is not there. Rejects with KubeError. */
export async function readLink({ api, left }: Connections, nodeName: string): Promise<NodeLink | undefined> {
  const node = await readIfThere<KubeObject>(api, nodes, nodeName, { timeoutMs: left() })
  const name = node?.metadata.annotations?.[machineKey]
  const namespace = node?.metadata.annotations?.[namespaceKey]
  return name && namespace ? { namespace, name } : undefined
}

/** Everything that a replacement of the machine depends on; undefined where there is no such Machine. Rejects with KubeError. */
export async function readFacts(
  { management, left }: Connections,
  { namespace, name }: NodeLink,
): Promise<MachineFacts | undefined> {
  const machine = await readServed<Machine>(management, machines, { namespace, name, timeoutMs: left() })
  if (!machine) return undefined
  const clusterName = machine.object.spec?.clusterName ?? ''
  const cluster = await readServed<Owner>(management, clusters, { namespace, name: clusterName, timeoutMs: left() })
  const ownedBy = controllerOf(machine.object)
  const owners: Owner[] = []
  for (let next = ownedBy; next !== undefined; ) {
    const kind = ownerKinds[next.kind]
    const owner = kind && (await readServed<Owner>(management, kind, { namespace, name: next.name, timeoutMs: left() }))
    if (!owner || owner.object.metadata.uid !== next.uid) break
    owners.push({ kind: next.kind, ...owner.object })
    next = controllerOf(owner.object)
  }
  const healthChecks = await listHealthChecks(management, { namespace, timeoutMs: left() })
  return { machine, namespace, ownedBy, owners, cluster: cluster?.object, healthChecks }
}

function controllerOf({ metadata }: KubeObject): OwnerReference | undefined {
  return metadata.ownerReferences?.find((one) => one.controller)
}
