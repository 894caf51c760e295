/**
 * Marks of others on a Node: the closed table of what tools in use write there while they act on it or are about to. Keys and values
 * are those of their documentation or sources; docs/reference/foreign-marks.md is made from this table.
 */

export interface ForeignMark {
  readonly on: 'taint' | 'annotation' | 'label' | 'condition'
  /** Exact key, or a prefix that ends in `/`; of a condition its type, whose status must be True. */
  readonly key: string
  /** Only these values count; absent: every value but `not`. */
  readonly is?: readonly string[]
  readonly not?: readonly string[]
  /**
   * `hard`: somebody acts on the node or forbids others to, so a repair is refused. `soft`: the node is a candidate, a person is
   * needed, or the work is over: a fresh mark is waited for, an old one is told and no more.
   */
  readonly weight: 'hard' | 'soft'
  /** The value holds the time at which it was set: RFC 3339 or Unix seconds. */
  readonly stamped?: true
  /** Who set it, and what it means for the node: one clause. */
  readonly says: string
  /** Where it is documented. */
  readonly source: string
}

const karpenter = 'https://karpenter.sh/docs/concepts/disruption/'
const autoscaler = 'https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md'
const handler = 'https://github.com/aws/aws-node-termination-handler'
const taints = 'https://kubernetes.io/docs/reference/labels-annotations-taints/'
const aks = 'https://learn.microsoft.com/azure/aks/node-auto-repair'
const aksEvents = 'https://learn.microsoft.com/azure/aks/node-problem-detector'
const clusterApi = 'https://cluster-api.sigs.k8s.io/reference/api/labels-and-annotations'
const medik8s = 'https://www.medik8s.io/'
const gardener = 'https://github.com/gardener/machine-controller-manager'
const gke = 'https://cloud.google.com/kubernetes-engine/docs/how-to/handle-disruption-gpu-tpu'
const driver = 'https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-driver-upgrades.html'
const mig = 'https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-operator-mig.html'
const lifecycle = 'https://github.com/kubernetes/enhancements/issues/5683'
const readiness = 'https://kubernetes.io/blog/2026/02/03/introducing-node-readiness-controller'
const machineConfig = 'https://github.com/openshift/machine-config-operator'
const deckhouse = 'https://github.com/deckhouse/deckhouse'
const flatcar = 'https://github.com/flatcar/flatcar-linux-update-operator'
const sentinel = 'https://github.com/NVIDIA/NVSentinel'

/** Steps of a driver upgrade in which its operator empties the node, restarts its pods or checks it. */
const upgrading = [
  'cordon-required',
  'wait-for-jobs-required',
  'pod-deletion-required',
  'drain-required',
  'node-maintenance-required',
  'post-maintenance-required',
  'pod-restart-required',
  'validation-required',
  'uncordon-required',
]
const upgradeWaits = ['upgrade-required', 'upgrade-failed']

export const foreignMarks: readonly ForeignMark[] = [
  hard('taint', 'karpenter.sh/disrupted', 'Karpenter is removing it', karpenter),
  hard('taint', 'karpenter.sh/disruption', 'Karpenter before v1 is removing it', karpenter),
  hard('taint', 'karpenter.sh/unregistered', 'Karpenter has not registered it yet', karpenter),
  hard('taint', 'karpenter.sh/rebooting', 'Karpenter is rebooting it', karpenter),
  {
    ...hard('taint', 'ToBeDeletedByClusterAutoscaler', 'the cluster autoscaler is removing it', autoscaler),
    stamped: true,
  },
  {
    ...soft('taint', 'DeletionCandidateOfClusterAutoscaler', 'the cluster autoscaler may remove it', autoscaler),
    stamped: true,
  },
  hard(
    'taint',
    'node.cloudprovider.kubernetes.io/uninitialized',
    'its cloud provider has not initialised it yet',
    taints,
  ),
  hard('taint', 'node.cloudprovider.kubernetes.io/shutdown', 'somebody shut it down on purpose', taints),
  hard('taint', 'node.kubernetes.io/out-of-service', 'somebody declared it out of service', taints),

  hard('taint', 'aws-node-termination-handler/spot-itn', 'AWS takes this Spot instance back', handler),
  hard('taint', 'aws-node-termination-handler/scheduled-maintenance', 'AWS has scheduled maintenance of it', handler),
  hard(
    'taint',
    'aws-node-termination-handler/asg-lifecycle-termination',
    'its Auto Scaling group is ending it',
    handler,
  ),
  soft(
    'taint',
    'aws-node-termination-handler/rebalance-recommendation',
    'AWS may take this Spot instance back',
    handler,
  ),
  {
    ...hard('label', 'sagemaker.amazonaws.com/node-health-status', 'SageMaker HyperPod is about to repair it', handler),
    is: ['UnschedulablePendingReplacement', 'UnschedulablePendingReboot'],
    source: 'https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-hyperpod-eks.html',
  },
  {
    ...hard('label', 'eks.amazonaws.com/compute-type', 'EKS Auto Mode repairs its own nodes', handler),
    is: ['auto'],
    source: 'https://docs.aws.amazon.com/eks/latest/userguide/automode.html',
  },

  hard('taint', 'cloud.google.com/impending-node-termination', 'GKE is about to end it', gke),
  { ...hard('label', 'cloud.google.com/active-node-maintenance', 'GKE maintains its host', gke), is: ['ONGOING'] },
  {
    ...hard('label', 'cloud.google.com/perform-maintenance', 'somebody asked GKE to maintain its host now', gke),
    is: ['true'],
  },

  hard('taint', 'remediator.kubernetes.azure.com/', 'AKS is repairing it', aks),
  hard('taint', 'remediator.aks.microsoft.com/', 'AKS, in an older version, is repairing it', aks),
  {
    ...hard('annotation', 'cluster-autoscaler.kubernetes.io/scale-down-disabled-reason', 'AKS is upgrading it', aks),
    is: ['upgrade'],
  },
  hard('condition', 'RebootScheduled', 'Azure is about to reboot its host', aksEvents),
  hard('condition', 'RedeployScheduled', 'Azure is about to move it to another host', aksEvents),
  hard('condition', 'PreemptScheduled', 'Azure takes this Spot machine back', aksEvents),
  hard('condition', 'TerminateScheduled', 'Azure is about to end it', aksEvents),
  soft('condition', 'FreezeScheduled', 'Azure is about to freeze it for some seconds', aksEvents),
  soft('condition', 'VMEventScheduled', 'Azure has scheduled an event for it', aksEvents),

  {
    ...hard('label', 'nvidia.com/gpu-driver-upgrade-state', 'the GPU Operator is upgrading its driver', driver),
    is: upgrading,
  },
  {
    ...soft('label', 'nvidia.com/gpu-driver-upgrade-state', 'the GPU Operator has a driver upgrade for it', driver),
    is: upgradeWaits,
  },
  {
    ...hard('label', 'nvidia.com/ofed-driver-upgrade-state', 'the Network Operator is upgrading its driver', driver),
    is: upgrading,
  },
  {
    ...hard('label', 'nvidia.com/mig.config.state', 'the MIG manager is dividing its GPUs anew', mig),
    is: ['pending', 'rebooting'],
  },
  { ...soft('label', 'nvidia.com/mig.config.state', 'the MIG manager could not divide its GPUs', mig), is: ['failed'] },
  {
    ...hard('label', 'dgxc.nvidia.com/nvsentinel-state', 'NVSentinel is repairing it', sentinel),
    is: ['quarantined', 'draining', 'drain-succeeded', 'remediating'],
  },
  {
    ...soft('label', 'dgxc.nvidia.com/nvsentinel-state', 'NVSentinel has given it up or ended its repair', sentinel),
    is: ['drain-failed', 'remediation-failed', 'remediation-succeeded'],
  },

  {
    ...hard(
      'annotation',
      'machineconfiguration.openshift.io/state',
      'OpenShift’s machine config is updating it',
      machineConfig,
    ),
    is: ['Working', 'Rebooting'],
  },
  {
    ...soft(
      'annotation',
      'machineconfiguration.openshift.io/state',
      'OpenShift’s machine config could not update it',
      machineConfig,
    ),
    is: ['Degraded', 'Unreconcilable'],
  },
  soft('taint', 'UpdateInProgress', 'OpenShift’s machine config updates its pool', machineConfig),
  {
    ...hard(
      'annotation',
      'sriovnetwork.openshift.io/state',
      'the SR-IOV operator is emptying or rebooting it',
      machineConfig,
    ),
    is: ['Draining', 'Draining_MCP_Paused', 'Drain_Required', 'Drain_Complete', 'Reboot_Required'],
    source: 'https://github.com/k8snetworkplumbingwg/sriov-network-operator',
  },
  soft(
    'annotation',
    'machine.openshift.io/cluster-api-delete-machine',
    'its machine goes first at a scale-down',
    machineConfig,
  ),

  hard('taint', 'remediation.medik8s.io/', 'medik8s is remediating it', medik8s),
  hard('taint', 'medik8s.io/remediation', 'medik8s is remediating it', medik8s),
  hard('taint', 'medik8s.io/drain', 'a NodeMaintenance of medik8s is emptying it', medik8s),
  hard('taint', 'kubevirt.io/drain', 'a NodeMaintenance of KubeVirt is emptying it', 'https://kubevirt.io/user-guide/'),
  {
    ...hard('label', 'remediation.medik8s.io/exclude-from-remediation', 'it is excluded from remediation', medik8s),
    is: ['true'],
  },
  { ...hard('label', 'medik8s.io/exclude-from-remediation', 'it is excluded from remediation', medik8s), is: ['true'] },
  {
    ...hard('annotation', 'harvesterhci.io/maintain-status', 'Harvester has it in maintenance', medik8s),
    source: 'https://docs.harvesterhci.io/latest/host/',
  },

  {
    ...hard(
      'annotation',
      'node.machine.sapcloud.io/trigger-deletion-by-mcm',
      'Gardener was asked to delete it',
      gardener,
    ),
    is: ['true'],
  },
  {
    ...hard('annotation', 'node.machine.sapcloud.io/preserve', 'Gardener was asked to keep it as it is', gardener),
    not: ['', 'false'],
  },
  hard('condition', 'Termination', 'Gardener is ending it', gardener),
  soft('taint', 'deployment.machine.sapcloud.io/prefer-no-schedule', 'Gardener is replacing its pool', gardener),

  hard('annotation', 'cluster.x-k8s.io/remediate-machine', 'Cluster API was asked to remediate it', clusterApi),
  hard('annotation', 'cluster.x-k8s.io/skip-remediation', 'somebody asked that nobody remediates it', clusterApi),
  {
    ...soft(
      'annotation',
      'cluster.x-k8s.io/delete-machine',
      'Cluster API ends its machine first at a scale-down',
      clusterApi,
    ),
    stamped: true,
  },
  hard('taint', 'node.cluster.x-k8s.io/uninitialized', 'Cluster API has not initialised it yet', clusterApi),
  soft('taint', 'node.cluster.x-k8s.io/outdated-revision', 'Cluster API is replacing its pool', clusterApi),

  {
    ...hard('annotation', 'weave.works/kured-reboot-in-progress', 'kured is rebooting it', 'https://kured.dev/docs/'),
    stamped: true,
  },
  soft('taint', 'weave.works/kured-node-reboot', 'kured wants to reboot it', 'https://kured.dev/docs/'),
  hard('condition', 'DrainScheduled', 'draino is emptying it', 'https://github.com/planetlabs/draino'),
  soft('annotation', 'draino.planet.com/conditions', 'draino has cordoned it', 'https://github.com/planetlabs/draino'),
  {
    ...hard(
      'annotation',
      'flatcar-linux-update.v1.flatcar-linux.net/reboot-in-progress',
      'Flatcar’s update operator is rebooting it',
      flatcar,
    ),
    is: ['true'],
  },
  {
    ...soft(
      'annotation',
      'flatcar-linux-update.v1.flatcar-linux.net/reboot-needed',
      'Flatcar’s update operator wants to reboot it',
      flatcar,
    ),
    is: ['true'],
  },

  hard('annotation', 'update.node.deckhouse.io/draining', 'Deckhouse is emptying it', deckhouse),
  hard('annotation', 'update.node.deckhouse.io/drained', 'Deckhouse has emptied it', deckhouse),
  hard('annotation', 'update.node.deckhouse.io/approved', 'Deckhouse is updating it', deckhouse),

  hard('condition', 'MaintenanceInProgress', 'somebody maintains it', lifecycle),
  hard('condition', 'DrainInProgress', 'somebody is emptying it', lifecycle),
  hard('condition', 'Drained', 'somebody has emptied it', lifecycle),
  hard('condition', 'GracefulNodeShutdownInProgress', 'it is shutting down', lifecycle),
  soft('condition', 'MaintenancePlanned', 'somebody plans to maintain it', lifecycle),

  // The node life cycle controller stamps it, so a drain that has just begun is told from a cordon that stays.
  soft('taint', 'node.kubernetes.io/unschedulable', 'somebody cordoned it', taints),
  soft('taint', 'readiness.k8s.io/', 'the node readiness controller keeps pods off it', readiness),
]

function hard(on: ForeignMark['on'], key: string, says: string, source: string): ForeignMark {
  return { on, key, weight: 'hard', says, source }
}

function soft(on: ForeignMark['on'], key: string, says: string, source: string): ForeignMark {
  return { on, key, weight: 'soft', says, source }
}
