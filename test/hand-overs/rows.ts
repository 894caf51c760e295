/**
 * Twelve others who act on nodes, each before, during and after it does: what it leaves on the Node then, what the controller does
 * with the same node when it is sick, and what the record says. docs/reference/hand-overs.md and one test per cell come from here.
 */

/** Something that the other one has written on the Node. */
export interface Sign {
  readonly on: 'taint' | 'annotation' | 'label' | 'condition'
  readonly key: string
  /** `{time}` stands for when it was set, in Unix seconds. */
  readonly value?: string
  /** How long ago it was set, in minutes, for those that say so; default: just now. */
  readonly age?: number
}

export interface Cell {
  readonly signs: readonly Sign[]
  /** `holds`: nothing is touched until the sign is gone or old. `repairs`: the node is nobody's, and is mended. */
  readonly ours: 'holds' | 'repairs'
  /** What the gate says of the owner. */
  readonly says: string
  /** The gate that says it; default: `foreign-owner`. */
  readonly gate?: string
}

export const moments = ['before', 'during', 'after'] as const
export type Moment = (typeof moments)[number]

export interface HandOver extends Readonly<Record<Moment, Cell>> {
  readonly who: string
}

const nobody = 'nobody else acts on the node'
const cordoned = 'node.kubernetes.io/unschedulable'

export const handOvers: readonly HandOver[] = [
  {
    who: 'kubectl drain',
    before: holds('somebody cordoned it', taint(cordoned)),
    during: holds('somebody is emptying it', condition('DrainInProgress')),
    after: holds('somebody has emptied it', condition('Drained')),
  },
  {
    who: 'kured',
    before: holds('kured wants to reboot it', taint('weave.works/kured-node-reboot')),
    during: holds('kured is rebooting it', annotation('weave.works/kured-reboot-in-progress', '2026-01-01T00:00:00Z')),
    after: repairs(nobody, annotation('weave.works/kured-most-recent-reboot-needed', '2026-01-01T00:00:00Z')),
  },
  {
    who: 'Cluster API',
    before: holds('Cluster API has not initialised it yet', taint('node.cluster.x-k8s.io/uninitialized')),
    during: holds('Cluster API was asked to remediate it', annotation('cluster.x-k8s.io/remediate-machine', '')),
    after: repairs('Cluster API is replacing its pool', taint('node.cluster.x-k8s.io/outdated-revision', '', 60)),
  },
  {
    who: 'Karpenter',
    before: holds('Karpenter has not registered it yet', taint('karpenter.sh/unregistered')),
    during: holds('Karpenter is removing it', taint('karpenter.sh/disrupted')),
    after: repairs(nobody),
  },
  {
    who: 'cluster-autoscaler',
    before: holds('the cluster autoscaler may remove it', taint('DeletionCandidateOfClusterAutoscaler', '{time}')),
    during: holds('the cluster autoscaler is removing it', taint('ToBeDeletedByClusterAutoscaler', '{time}')),
    after: repairs('the cluster autoscaler may remove it', taint('DeletionCandidateOfClusterAutoscaler', '{time}', 60)),
  },
  {
    who: 'kubelet’s graceful shutdown',
    before: repairs(nobody, condition('GracefulNodeShutdownInProgress', 'False')),
    during: holds('it is shutting down', condition('GracefulNodeShutdownInProgress')),
    after: repairs(nobody, condition('GracefulNodeShutdownInProgress', 'False'), condition('DrainInProgress', 'False')),
  },
  {
    who: 'cloud maintenance',
    before: holds('somebody plans to maintain it', condition('MaintenancePlanned')),
    during: holds('AWS has scheduled maintenance of it', taint('aws-node-termination-handler/scheduled-maintenance')),
    after: repairs(nobody, label('cloud.google.com/active-node-maintenance', 'NONE')),
  },
  {
    who: 'NHC (medik8s)',
    before: repairs(nobody, label('remediation.medik8s.io/exclude-from-remediation', 'false')),
    during: holds('medik8s is remediating it', taint('remediation.medik8s.io/self-node-remediation')),
    after: repairs(nobody),
  },
  {
    who: 'NVSentinel',
    before: holds('NVSentinel is repairing it', label('dgxc.nvidia.com/nvsentinel-state', 'quarantined')),
    during: holds('NVSentinel is repairing it', label('dgxc.nvidia.com/nvsentinel-state', 'remediating')),
    after: repairs(
      'NVSentinel has given it up or ended its repair',
      label('dgxc.nvidia.com/nvsentinel-state', 'remediation-failed'),
    ),
  },
  {
    who: 'node-readiness-controller',
    before: holds('the node readiness controller keeps pods off it', taint('readiness.k8s.io/network')),
    during: repairs('the node readiness controller keeps pods off it', taint('readiness.k8s.io/network', '', 60)),
    after: repairs(nobody),
  },
  {
    who: 'an upgrade controller',
    before: repairs(
      'the GPU Operator has a driver upgrade for it',
      label('nvidia.com/gpu-driver-upgrade-state', 'upgrade-required'),
    ),
    during: holds(
      'the GPU Operator is upgrading its driver',
      label('nvidia.com/gpu-driver-upgrade-state', 'drain-required'),
    ),
    after: repairs(nobody, label('nvidia.com/gpu-driver-upgrade-state', 'upgrade-done')),
  },
  {
    who: 'a person',
    before: { ...holds('annotation nodemend.dev/veto=mine', annotation('nodemend.dev/veto', 'mine')), gate: 'veto' },
    during: holds('somebody maintains it', condition('MaintenanceInProgress')),
    after: repairs('somebody cordoned it', taint(cordoned, '', 60)),
  },
]

function holds(says: string, ...signs: readonly Sign[]): Cell {
  return { signs, ours: 'holds', says }
}

function repairs(says: string, ...signs: readonly Sign[]): Cell {
  return { signs, ours: 'repairs', says }
}

function taint(key: string, value = '', age = 0): Sign {
  return { on: 'taint', key, value, age }
}

function annotation(key: string, value: string): Sign {
  return { on: 'annotation', key, value }
}

function label(key: string, value: string): Sign {
  return { on: 'label', key, value }
}

function condition(key: string, value = 'True'): Sign {
  return { on: 'condition', key, value }
}
