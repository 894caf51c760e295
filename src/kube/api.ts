/**
 * The vocabulary of the Kubernetes client: what a resource is, how a call looks, what it answers. `connect.ts` makes an
 * {@link Api} out of a kubeconfig or a pod's service account; `objects.ts` has one function per verb.
 */

/** A resource as the API names it. `group` is empty for the core group. */
export interface Resource {
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly kind: string
  readonly namespaced: boolean
}

/** Which object. `namespace` is required exactly where the resource is namespaced. */
export interface ObjectRef {
  readonly name: string
  readonly namespace?: string
}

/** The fields that every object has. Bodies are plain JSON; the types of kinds come from `@kubernetes/client-node`, as types only. */
export interface KubeObject {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
}

export interface ObjectMeta {
  readonly name?: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly ownerReferences?: readonly OwnerReference[]
}

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
}

/** One HTTP exchange in the terms of the Kubernetes API. */
export interface Call {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'apply' | 'delete' | 'evict'
  readonly resource: Resource
  readonly namespace?: string
  readonly name?: string
  readonly subresource?: string
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly body?: unknown
  /** Content type of the body; `application/json` when absent. */
  readonly contentType?: string
  /** Accept header; `application/json` when absent. */
  readonly accept?: string
  /** Whole-exchange deadline in milliseconds; default 30,000. For a watch: the silence after which it counts as broken. */
  readonly timeoutMs?: number
  /** For streams: the client calls it once, when the server has accepted the call and before the first line. */
  readonly onOpen?: () => void
  readonly signal?: AbortSignal
}

/** A connection to one API server. */
export interface Api {
  /** Sends one call. Rejects with {@link import('./errors.ts').KubeError} for every answer that is not 2xx and every broken exchange. */
  request<T>(call: Call): Promise<T>
  /** Opens a streaming call (watch) and yields one parsed JSON object per line; throws KubeError when the stream breaks. */
  stream<T>(call: Call): AsyncIterable<T>
  /** Closes idle connections and rejects new calls. */
  close(): void
  /** The server's address without credentials, for messages. */
  readonly server: string
}

export const nodes: Resource = { group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false }
export const pods: Resource = { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true }
export const events: Resource = { group: '', version: 'v1', plural: 'events', kind: 'Event', namespaced: true }
export const leases: Resource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
}
export const podDisruptionBudgets: Resource = {
  group: 'policy',
  version: 'v1',
  plural: 'poddisruptionbudgets',
  kind: 'PodDisruptionBudget',
  namespaced: true,
}
export const repairPolicies: Resource = {
  group: 'nodemend.dev',
  version: 'v1alpha1',
  plural: 'repairpolicies',
  kind: 'RepairPolicy',
  namespaced: false,
}
export const nodeRepairs: Resource = {
  group: 'nodemend.dev',
  version: 'v1alpha1',
  plural: 'noderepairs',
  kind: 'NodeRepair',
  namespaced: false,
}
export const nodeHealths: Resource = {
  group: 'nodemend.dev',
  version: 'v1alpha1',
  plural: 'nodehealths',
  kind: 'NodeHealth',
  namespaced: false,
}
export const remediations: Resource = {
  group: 'nodemend.dev',
  version: 'v1alpha1',
  plural: 'nodemendremediations',
  kind: 'NodemendRemediation',
  namespaced: true,
}
export const remediationTemplates: Resource = {
  group: 'nodemend.dev',
  version: 'v1alpha1',
  plural: 'nodemendremediationtemplates',
  kind: 'NodemendRemediationTemplate',
  namespaced: true,
}
export const faultDrills: Resource = {
  group: 'nodemend.dev',
  version: 'v1alpha1',
  plural: 'faultdrills',
  kind: 'FaultDrill',
  namespaced: false,
}
/** Who we are, as the server says it. */
export const selfSubjectReviews: Resource = {
  group: 'authentication.k8s.io',
  version: 'v1',
  plural: 'selfsubjectreviews',
  kind: 'SelfSubjectReview',
  namespaced: false,
}
export const nodePools: Resource = {
  group: 'karpenter.sh',
  version: 'v1',
  plural: 'nodepools',
  kind: 'NodePool',
  namespaced: false,
}
export const nodeClaims: Resource = {
  group: 'karpenter.sh',
  version: 'v1',
  plural: 'nodeclaims',
  kind: 'NodeClaim',
  namespaced: false,
}
