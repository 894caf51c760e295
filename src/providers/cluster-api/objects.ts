/** The objects of Cluster API, as far as we read them: the fields that v1beta1 and v1beta2 share. */
import type { Api, KubeObject, Resource } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import { listObjects } from '../../kube/objects.ts'
import { readIfThere } from '../objects.ts'

/** The newest first: where both are served, they are two forms of the same objects. */
const versions = ['v1beta2', 'v1beta1'] as const
export type Version = (typeof versions)[number]

/** A kind, in a version that the server may or may not serve. */
export type VersionedKind = (version: Version) => Resource

const core = 'cluster.x-k8s.io'

function kindIn(group: string, plural: string, kind: string): VersionedKind {
  return (version) => ({ group, version, plural, kind, namespaced: true })
}

export const machines = kindIn(core, 'machines', 'Machine')
export const machineSets = kindIn(core, 'machinesets', 'MachineSet')
export const machineDeployments = kindIn(core, 'machinedeployments', 'MachineDeployment')
export const clusters = kindIn(core, 'clusters', 'Cluster')
export const machineHealthChecks = kindIn(core, 'machinehealthchecks', 'MachineHealthCheck')
export const controlPlanes = kindIn('controlplane.cluster.x-k8s.io', 'kubeadmcontrolplanes', 'KubeadmControlPlane')

/** A condition of either version; one of v1beta1 that is False has a severity. */
export interface MachineCondition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly severity?: string
  readonly lastTransitionTime: string
}

export interface Machine extends KubeObject {
  readonly spec?: { readonly clusterName?: string }
  readonly status?: {
    readonly nodeRef?: { readonly name?: string; readonly uid?: string }
    readonly conditions?: readonly MachineCondition[]
  }
}

/** A Cluster, a MachineSet, a MachineDeployment or a control plane. */
export interface Owner extends KubeObject {
  readonly spec?: { readonly paused?: boolean; readonly replicas?: number }
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly {
    readonly key: string
    readonly operator: string
    readonly values?: readonly string[]
  }[]
}

export interface TemplateReference {
  readonly apiVersion?: string
  readonly kind?: string
  readonly name?: string
}

export interface HealthCheck extends KubeObject {
  readonly spec?: {
    readonly clusterName?: string
    readonly selector?: LabelSelector
    /** v1beta1. */
    readonly remediationTemplate?: TemplateReference
    /** v1beta2. */
    readonly remediation?: { readonly templateRef?: TemplateReference }
  }
}

/** Where an object is, and how long the answer may take. */
export interface Where {
  readonly namespace: string
  readonly name: string
  readonly timeoutMs?: number
}

/** An object, in the newest version that is served. */
export interface Served<T> {
  readonly version: Version
  readonly object: T
}

/** Undefined where there is no such object in any version. Rejects with KubeError. */
export async function readServed<T extends KubeObject>(
  api: Api,
  kind: VersionedKind,
  { name, ...where }: Where,
): Promise<Served<T> | undefined> {
  for (const version of versions) {
    const object = await readIfThere<T>(api, kind(version), name, where)
    if (object) return { version, object }
  }
  return undefined
}

/** The health checks of a namespace. Rejects with KubeError. */
export async function listHealthChecks(
  api: Api,
  options: { readonly namespace: string; readonly timeoutMs?: number },
): Promise<readonly HealthCheck[]> {
  for (const version of versions) {
    try {
      return (await listObjects<HealthCheck>(api, machineHealthChecks(version), options)).items
    } catch (error) {
      if (!isKubeError(error, 'NM_KUBE_NOT_FOUND')) throw error
    }
  }
  return []
}
