/** Marks of others who already act on a node: a node that carries one is not repaired. */
import type { ClaimView, ClusterSnapshot, NodeView } from '../../model/node.ts'

interface Mark {
  /** Exact key, or a prefix ending in `/`. */
  readonly key: string
  readonly owner: string
}

const taints: readonly Mark[] = [
  { key: 'karpenter.sh/disrupted', owner: 'Karpenter is removing it' },
  { key: 'karpenter.sh/unregistered', owner: 'Karpenter has not registered it yet' },
  { key: 'karpenter.sh/rebooting', owner: 'Karpenter is rebooting it' },
  { key: 'ToBeDeletedByClusterAutoscaler', owner: 'the cluster autoscaler is removing it' },
  { key: 'DeletionCandidateOfClusterAutoscaler', owner: 'the cluster autoscaler is about to remove it' },
  { key: 'node.cloudprovider.kubernetes.io/uninitialized', owner: 'its cloud provider has not initialised it yet' },
  { key: 'node.cloudprovider.kubernetes.io/shutdown', owner: 'somebody shut it down on purpose' },
  { key: 'node.kubernetes.io/out-of-service', owner: 'somebody declared it out of service' },
  { key: 'remediation.medik8s.io/', owner: 'medik8s is remediating it' },
  { key: 'medik8s.io/remediation', owner: 'medik8s is remediating it' },
  { key: 'remediator.kubernetes.azure.com/', owner: 'AKS is repairing it' },
]

const annotations: readonly Mark[] = [
  { key: 'weave.works/kured-reboot-in-progress', owner: 'kured is rebooting it' },
  { key: 'cluster.x-k8s.io/remediate-machine', owner: 'Cluster API was asked to remediate it' },
]

/** What has to be kept of a node's annotations for {@link foreignOwner}. */
export const foreignAnnotations = annotations.map((one) => one.key)

const labels: readonly (Mark & { readonly value: string })[] = [
  { key: 'eks.amazonaws.com/compute-type', value: 'auto', owner: 'EKS Auto Mode repairs its own nodes' },
]

type Owners = Pick<ClusterSnapshot, 'claims' | 'otherRepairers'>

/** Who else acts on `node` for certain, in words; undefined when nobody does. */
export function foreignOwner(node: NodeView, { claims, otherRepairers }: Owners): string | undefined {
  if (node.deleting) return 'its Node object is being deleted'
  for (const taint of node.taints) {
    const mark = taints.find((one) => isNamedBy(one.key, taint.key))
    if (mark) return `${mark.owner} (taint ${taint.key})`
  }
  for (const key of Object.keys(node.annotations)) {
    const mark = annotations.find((one) => isNamedBy(one.key, key))
    if (mark) return `${mark.owner} (annotation ${key})`
  }
  const label = labels.find((one) => node.labels[one.key] === one.value)
  if (label) return `${label.owner} (label ${label.key}=${label.value})`
  const repairer = otherRepairers.find((one) => one.unsure === undefined && node.labels[one.label] !== undefined)
  if (repairer) return repairer.why
  const claim = claims.find((one) => one.deleting && belongs(one, node))
  return claim && `Karpenter is deleting its NodeClaim ${claim.name}`
}

/** Who may act on `node`, where that cannot be told, and what would tell. */
export function possibleOwner(
  node: NodeView,
  { otherRepairers }: Owners,
): { readonly why: string; readonly change: string } | undefined {
  const found = otherRepairers.find((one) => one.unsure !== undefined && node.labels[one.label] !== undefined)
  return found && { why: found.why, change: found.unsure ?? '' }
}

/** True when `pattern` names `key`: exactly, or as a prefix that ends in `/`. */
export function isNamedBy(pattern: string, key: string): boolean {
  return pattern.endsWith('/') ? key.startsWith(pattern) : key === pattern
}

function belongs(claim: ClaimView, node: NodeView): boolean {
  return claim.providerId !== undefined ? claim.providerId === node.providerId : claim.nodeName === node.name
}
