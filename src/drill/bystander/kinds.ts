/** The kinds of Chaos Mesh experiments, and what of each one a node shows. https://chaos-mesh.org/docs/ */
import type { Resource } from '../../kube/api.ts'

export interface ExperimentKind {
  readonly resource: Resource
  /** Reasons that may follow on the nodes of the targets. */
  readonly may: readonly string[]
  /** What has to follow where a pod with this label `k8s-app` is a target: without that pod the node is not well. */
  readonly must: Readonly<Record<string, string>>
}

const chaos = (kind: string): Resource => ({
  group: 'chaos-mesh.org',
  version: 'v1alpha1',
  plural: kind.toLowerCase(),
  kind,
  namespaced: true,
})

const memory = ['CgroupOOMKilling', 'OOMKilling', 'FrequentOOMKills', 'SystemMemoryContentionPressure']
const disks = ['SystemDiskContentionPressure', 'IODelays', 'AppBlocked']
const nothing = {}

export const experimentKinds: readonly ExperimentKind[] = [
  { resource: chaos('StressChaos'), may: [...memory, 'CgroupPidLimit'], must: nothing },
  { resource: chaos('IOChaos'), may: disks, must: nothing },
  { resource: chaos('NetworkChaos'), may: ['DNSNotAnswering'], must: nothing },
  {
    resource: chaos('KernelChaos'),
    may: [...disks, 'PageAllocationFailure', 'BlockDeviceIOError', 'Ext4Error'],
    must: nothing,
  },
  // It changes the clock that one process sees, never the node's.
  { resource: chaos('TimeChaos'), may: [], must: nothing },
  {
    resource: chaos('PodChaos'),
    may: ['ReadinessProbeFailures', 'LivenessProbeFailures'],
    must: { 'kube-proxy': 'KubeProxyNotReady', 'aws-node': 'IPAMDNotRunning' },
  },
]
