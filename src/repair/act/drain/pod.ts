/** A pod as a drain sees it. */
import type { KubeObject } from '../../../kube/api.ts'

export interface Toleration {
  readonly key?: string
  readonly operator?: string
  readonly value?: string
  readonly effect?: string
}

interface Container {
  readonly resources?: { readonly limits?: Resources; readonly requests?: Resources }
}
type Resources = Readonly<Record<string, string | number>>

/** A Pod of the API, as far as a drain reads it. */
export interface PodObject extends KubeObject {
  readonly spec?: {
    readonly nodeName?: string
    readonly priorityClassName?: string
    readonly terminationGracePeriodSeconds?: number
    readonly tolerations?: readonly Toleration[]
    readonly containers?: readonly Container[]
    readonly initContainers?: readonly Container[]
    readonly resourceClaims?: readonly object[]
  }
  readonly status?: { readonly phase?: string; readonly startTime?: string }
}

/** What a drain needs of a pod, plain; times in milliseconds. */
export interface DrainPod {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  /** Kind of its controller; absent for a bare pod, which nothing starts again. */
  readonly owner?: string
  readonly ownerUid?: string
  readonly createdAt?: number
  readonly mirror: boolean
  readonly finished: boolean
  readonly critical: boolean
  /** End of its grace, once it is being deleted. */
  readonly deletedAt?: number
  readonly startedAt?: number
  readonly graceSeconds: number
  readonly annotations: Readonly<Record<string, string>>
  readonly tolerations: readonly Toleration[]
}

const mirrorKey = 'kubernetes.io/config.mirror'
/** By name, not by number: user classes may have any priority. */
const criticalClasses: readonly string[] = ['system-cluster-critical', 'system-node-critical']
const defaultGraceSeconds = 30

/** Reads one pod. */
export function readPod({ metadata, spec = {}, status = {} }: PodObject): DrainPod {
  const owner = metadata.ownerReferences?.find((one) => one.controller)
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    ...(owner && { owner: owner.kind, ownerUid: owner.uid }),
    ...(metadata.creationTimestamp !== undefined && { createdAt: Date.parse(metadata.creationTimestamp) }),
    mirror: metadata.annotations?.[mirrorKey] !== undefined || owner?.kind === 'Node',
    finished: status.phase === 'Succeeded' || status.phase === 'Failed',
    critical: criticalClasses.includes(spec.priorityClassName ?? ''),
    ...(metadata.deletionTimestamp !== undefined && { deletedAt: Date.parse(metadata.deletionTimestamp) }),
    ...(status.startTime !== undefined && { startedAt: Date.parse(status.startTime) }),
    graceSeconds: spec.terminationGracePeriodSeconds ?? defaultGraceSeconds,
    annotations: metadata.annotations ?? {},
    tolerations: spec.tolerations ?? [],
  }
}

/** `namespace/name`, for people. */
export function podText(pod: DrainPod): string {
  return `${pod.namespace}/${pod.name}`
}
