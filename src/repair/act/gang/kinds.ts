/**
 * How the pods of one gang are recognised: the closed table. A gang restarts as a whole when one of its pods goes, so it counts as
 * one unit. docs/reference/drain.md lists the rows.
 */
import type { DrainPod } from '../drain/pod.ts'

export interface GangKind {
  /** What people call it. */
  readonly name: string
  /** Where its pods name it: a label can be asked for by a selector. */
  readonly on: 'label' | 'annotation' | 'scheduling-group'
  readonly key: string
  /** Label that tells its groups apart, where each of them is a gang. */
  readonly part?: string
  readonly source: string
}

/** The first row that fits a pod counts: from what restarts the pods to what only schedules them together. */
export const gangKinds: readonly GangKind[] = [
  {
    name: 'PodGroup',
    on: 'scheduling-group',
    key: 'spec.schedulingGroup.podGroupName',
    source: 'https://github.com/kubernetes/enhancements/issues/5710',
  },
  {
    name: 'JobSet',
    on: 'label',
    key: 'jobset.sigs.k8s.io/jobset-name',
    source: 'https://jobset.sigs.k8s.io/docs/concepts/',
  },
  {
    name: 'LeaderWorkerSet',
    on: 'label',
    key: 'leaderworkerset.sigs.k8s.io/name',
    part: 'leaderworkerset.sigs.k8s.io/group-index',
    source: 'https://lws.sigs.k8s.io/docs/reference/labels-annotations-and-environment-variables/',
  },
  {
    name: 'training job',
    on: 'label',
    key: 'training.kubeflow.org/job-name',
    source: 'https://www.kubeflow.org/docs/components/trainer/legacy-v1/',
  },
  {
    name: 'Volcano job',
    on: 'label',
    key: 'volcano.sh/job-name',
    source: 'https://volcano.sh/en/docs/vcjob/',
  },
  {
    name: 'Volcano PodGroup',
    on: 'annotation',
    key: 'scheduling.k8s.io/group-name',
    source: 'https://volcano.sh/en/docs/podgroup/',
  },
  {
    name: 'PodGroup of the coscheduling plugin',
    on: 'label',
    key: 'scheduling.x-k8s.io/pod-group',
    source: 'https://github.com/kubernetes-sigs/scheduler-plugins/tree/master/pkg/coscheduling',
  },
  {
    name: 'PodGroup of the coscheduling plugin',
    on: 'label',
    key: 'pod-group.scheduling.sigs.k8s.io',
    source: 'https://github.com/kubernetes-sigs/scheduler-plugins/tree/release-1.19/pkg/coscheduling',
  },
  {
    name: 'Kueue pod group',
    on: 'label',
    key: 'kueue.x-k8s.io/pod-group-name',
    source: 'https://kueue.sigs.k8s.io/docs/tasks/run/plain_pods/',
  },
  {
    name: 'Kueue workload',
    on: 'annotation',
    key: 'kueue.x-k8s.io/workload',
    source: 'https://kueue.sigs.k8s.io/docs/reference/labels-and-annotations/',
  },
]

/** One gang, by what its pods say. */
export interface Gang {
  readonly kind: GangKind
  readonly namespace: string
  readonly name: string
  readonly part?: string
}

type Marked = Pick<DrainPod, 'namespace' | 'labels' | 'annotations' | 'schedulingGroup'>

/** The gang of a pod; undefined where it stands for itself. */
export function gangOf(pod: Marked): Gang | undefined {
  for (const kind of gangKinds) {
    const name = nameIn(pod, kind)
    if (!name) continue
    const part = kind.part === undefined ? undefined : pod.labels?.[kind.part]
    return { kind, namespace: pod.namespace, name, ...(part !== undefined && { part }) }
  }
  return undefined
}

function nameIn({ labels, annotations, schedulingGroup }: Marked, { on, key }: GangKind): string | undefined {
  switch (on) {
    case 'label':
      return labels?.[key]
    case 'annotation':
      return annotations[key]
    case 'scheduling-group':
      return schedulingGroup
  }
}

/** `JobSet ml/train`, for people; the same text is the same gang. */
export function gangText({ kind, namespace, name, part }: Gang): string {
  return `${kind.name} ${namespace}/${name}${part === undefined ? '' : ` group ${part}`}`
}

/** The selector that finds its pods; undefined where all pods of the namespace have to be looked at. */
export function selectorOf({ kind, name, part }: Gang): string | undefined {
  if (kind.on !== 'label') return undefined
  return `${kind.key}=${name}${kind.part !== undefined && part !== undefined ? `,${kind.part}=${part}` : ''}`
}
