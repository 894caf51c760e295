/**
 * Is our picture of the cluster true? After an outage every condition looks old, so nothing happens until it has settled
 * (the toleration starts anew as well, see `candidate.ts`).
 */
import { allow, at, type Gate, refuse, wait } from '../gate.ts'

/** More than this share of the kubelet leases stopped at once: it is the control plane or the network, not the nodes. */
const staleLeaseShare = 0.5
/** Fewer leases than this say nothing. */
const fewestLeases = 3

export const apiHealth: Gate = {
  name: 'api-health',
  ask({ snapshot: { health }, now }) {
    if (!health.synced) {
      return refuse(
        health.trouble ?? 'the watches have not caught up with the API server',
        'the API server answers again',
      )
    }
    if (health.settledAt !== undefined && now < health.settledAt) {
      return wait(`the API server was away; settling until ${at(health.settledAt)}`, 'the settle period passes')
    }
    const { followed, stale } = health.leases
    if (followed >= fewestLeases && stale > followed * staleLeaseShare) {
      return refuse(
        'more than half of the kubelet leases stopped at the same time',
        'the kubelets renew their leases again',
      )
    }
    return allow('the picture of the cluster is current')
  },
}
