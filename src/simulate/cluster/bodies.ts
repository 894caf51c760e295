/** The API objects that a scenario's words stand for. */
import { parseDuration } from '../../catalog/duration.ts'
import type { Json, JsonObject } from '../../embedded/json.ts'
import { podStopAnnotation } from '../../embedded/model/kubelet.ts'
import { repairTaintKey } from '../../repair/act/taint.ts'
import type { PodBudget, PodGroup } from '../scenario/schema.ts'

/** `KEY=VALUE:EFFECT` as a taint. */
export function taintOf(text: string): JsonObject {
  const [pair = '', effect = ''] = text.split(':')
  const [key = '', value] = pair.split('=')
  return { key, effect, ...(value !== undefined && value !== '' && { value }) }
}

function tolerationsOf({ tolerates }: PodGroup): readonly JsonObject[] {
  switch (tolerates) {
    case 'nothing':
      return []
    case 'all':
      return [{ operator: 'Exists' }]
    case 'our-taint':
      return [{ key: repairTaintKey, operator: 'Exists' }]
  }
}

function podSpec(group: PodGroup): JsonObject {
  return {
    terminationGracePeriodSeconds: group.grace,
    containers: [{ name: 'c', image: 'i' }],
    tolerations: tolerationsOf(group),
    ...(group.owner === 'Job' && { restartPolicy: 'Never' }),
    ...(group.critical && { priorityClassName: 'system-cluster-critical' }),
    ...(group.emptyDir && { volumes: [{ name: 'scratch', emptyDir: {} }] }),
  }
}

/** What the modelled kubelet reads. */
function endsOf({ ends }: PodGroup): JsonObject {
  const ms = parseDuration(ends) ?? 0 // the schema takes only durations
  return ms === 1_000 ? {} : { [podStopAnnotation]: String(ms) }
}

const labelsOf = ({ labels, name }: PodGroup): JsonObject => labels ?? { app: name }

/** The pod of a group on `node`. */
export function podBody(group: PodGroup, name: string, node: string, owner: JsonObject | undefined): JsonObject {
  const { annotations, namespace } = group
  const mirror = group.owner === 'Node' ? { 'kubernetes.io/config.mirror': 'scenario' } : {}
  return {
    metadata: {
      name,
      namespace,
      labels: labelsOf(group),
      annotations: { ...annotations, ...mirror, ...endsOf(group) },
      ...(owner && { ownerReferences: [owner] }),
      ...(group.stuck && { finalizers: ['scenario.nodemend.dev/never-ends'] }),
    },
    spec: { ...podSpec(group), nodeName: node },
  }
}

/** The workload that owns a group of `replicas` pods. */
export function workloadBody(group: PodGroup, replicas: number): JsonObject {
  const labels = labelsOf(group)
  const template = {
    metadata: { labels, annotations: { ...group.annotations, ...endsOf(group) } },
    spec: podSpec(group),
  }
  const { name, namespace } = group
  const spec: Json = {
    selector: { matchLabels: labels },
    template,
    ...(group.owner !== 'DaemonSet' && { replicas }),
    ...(group.owner === 'StatefulSet' && { serviceName: name }),
  }
  return { metadata: { name, namespace }, spec }
}

export function budgetBody({ name, namespace, labels, maxUnavailable, minAvailable }: PodBudget): JsonObject {
  return {
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: labels },
      ...(maxUnavailable !== undefined && { maxUnavailable }),
      ...(minAvailable !== undefined && { minAvailable }),
    },
  }
}

/** As much of Karpenter's CRDs as decisions read. */
export const karpenterDefinitions = [
  karpenterDefinition('nodeclaims', 'NodeClaim'),
  karpenterDefinition('nodepools', 'NodePool'),
]

function karpenterDefinition(plural: string, kind: string) {
  const names = { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` }
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  return {
    metadata: { name: `${plural}.karpenter.sh` },
    spec: {
      group: 'karpenter.sh',
      scope: 'Cluster',
      names,
      versions: [{ name: 'v1', served: true, storage: true, subresources: { status: {} }, schema }],
    },
  }
}
