/** A pod as a drain sees it. */
import type { KubeObject } from '../../../kube/api.ts'

export interface Toleration {
  readonly key?: string
  readonly operator?: string
  readonly value?: string
  readonly effect?: string
}

interface Volume {
  readonly persistentVolumeClaim?: { readonly claimName?: string }
  readonly ephemeral?: object
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
    readonly restartPolicy?: string
    readonly terminationGracePeriodSeconds?: number
    readonly tolerations?: readonly Toleration[]
    readonly volumes?: readonly Volume[]
    readonly schedulingGroup?: { readonly podGroupName?: string }
    readonly containers?: readonly Container[]
    readonly initContainers?: readonly Container[]
    readonly resourceClaims?: readonly object[]
  }
  readonly status?: {
    readonly phase?: string
    readonly startTime?: string
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
  }
}

/** What a drain needs of a pod, plain; times in milliseconds. */
export interface DrainPod {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly nodeName?: string
  /** Name of its PodGroup (scheduling.k8s.io). */
  readonly schedulingGroup?: string
  /** Kind of its controller; absent for a bare pod, which nothing starts again. */
  readonly owner?: string
  readonly ownerUid?: string
  readonly createdAt?: number
  readonly mirror: boolean
  readonly finished: boolean
  readonly critical: boolean
  /** It ends by itself one day: kubelet does not start its containers again once they have succeeded. */
  readonly runsToEnd?: boolean
  readonly ready?: boolean
  /** End of its grace, once it is being deleted. */
  readonly deletedAt?: number
  readonly startedAt?: number
  readonly graceSeconds: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly tolerations: readonly Toleration[]
  /** How many volumes of its own it may have attached to the machine; absent: none. */
  readonly volumes?: number
}

const mirrorKey = 'kubernetes.io/config.mirror'
/** By name, not by number: user classes may have any priority. */
const criticalClasses: readonly string[] = ['system-cluster-critical', 'system-node-critical']
const defaultGraceSeconds = 30

/** Reads one pod. */
export function readPod({ metadata, spec = {}, status = {} }: PodObject): DrainPod {
  const owner = metadata.ownerReferences?.find((one) => one.controller)
  const { restartPolicy = 'Always' } = spec
  const volumes = spec.volumes?.filter((one) => one.persistentVolumeClaim ?? one.ephemeral).length ?? 0
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    ...(spec.nodeName !== undefined && { nodeName: spec.nodeName }),
    ...(spec.schedulingGroup?.podGroupName !== undefined && { schedulingGroup: spec.schedulingGroup.podGroupName }),
    ...(owner && { owner: owner.kind, ownerUid: owner.uid }),
    ...(metadata.creationTimestamp !== undefined && { createdAt: Date.parse(metadata.creationTimestamp) }),
    mirror: metadata.annotations?.[mirrorKey] !== undefined || owner?.kind === 'Node',
    finished: status.phase === 'Succeeded' || status.phase === 'Failed',
    critical: criticalClasses.includes(spec.priorityClassName ?? ''),
    ...(restartPolicy !== 'Always' && { runsToEnd: true }),
    ...(status.conditions && { ready: isReady(status.conditions) }),
    ...(metadata.deletionTimestamp !== undefined && { deletedAt: Date.parse(metadata.deletionTimestamp) }),
    ...(status.startTime !== undefined && { startedAt: Date.parse(status.startTime) }),
    graceSeconds: spec.terminationGracePeriodSeconds ?? defaultGraceSeconds,
    ...(metadata.labels && { labels: metadata.labels }),
    annotations: metadata.annotations ?? {},
    ...(metadata.finalizers && { finalizers: metadata.finalizers }),
    tolerations: spec.tolerations ?? [],
    ...(volumes > 0 && { volumes }),
  }
}

function isReady(conditions: readonly { readonly type: string; readonly status: string }[]): boolean {
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
}

/** `namespace/name`, for people. */
export function podText(pod: Pick<DrainPod, 'namespace' | 'name'>): string {
  return `${pod.namespace}/${pod.name}`
}
