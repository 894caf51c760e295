/** The rules for writing a kind. */

import { definitionRules } from '../custom/definition.ts'
import type { ServedKind } from '../kinds.ts'
import { leaseRules, nodeRules } from './node.ts'
import { attachmentRules, budgetRules, configMapRules, eventRules, namespaceRules, secretRules } from './plain.ts'
import { podRules } from './pod.ts'
import type { Rules } from './rules.ts'
import { daemonSetRules, deploymentRules, replicaSetRules, statefulSetRules } from './workload.ts'

const table: Readonly<Record<string, Rules>> = {
  Node: nodeRules,
  Pod: podRules,
  Namespace: namespaceRules,
  Event: eventRules,
  Lease: leaseRules,
  Secret: secretRules,
  ConfigMap: configMapRules,
  PodDisruptionBudget: budgetRules,
  ReplicaSet: replicaSetRules,
  Deployment: deploymentRules,
  DaemonSet: daemonSetRules,
  StatefulSet: statefulSetRules,
  VolumeAttachment: attachmentRules,
  CustomResourceDefinition: definitionRules,
}
const none: Rules = {}
const custom: Rules = { resetOnStatus: [['metadata'], ['spec']] }

export function rulesOf(kind: ServedKind): Rules {
  return kind.custom ? custom : (table[kind.kind] ?? none)
}
