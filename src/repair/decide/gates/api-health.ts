/**
 * Whether the watches and the kubelet leases can be trusted. After an outage every condition looks old, so a settle period follows
 * (the toleration starts anew as well, see `candidate.ts`).
 */
import type { GateAnswer } from '../../../model/decision.ts'
import type { ApiHealth } from '../../../model/node.ts'
import { allow, at, type Gate, refuse, wait } from '../gate.ts'

/** More than this share of the kubelet leases stopped at once: it is the control plane or the network, not the nodes. */
const staleLeaseShare = 0.5
/** Fewer leases than this say nothing. */
const fewestLeases = 3

export const apiHealth: Gate = {
  name: 'api-health',
  ask: ({ snapshot: { health }, now }) =>
    freezeOf(health, now) ??
    unknownLeases(health) ??
    allow('every watch is in sync, and the kubelets renew their leases'),
  hold: ({ health }, now) => (freezeOf(health, now) ?? unknownLeases(health))?.why,
}

/** Why the facts that we have forbid everything now, as the gate's answer. */
export function freezeOf({ synced, trouble, settledAt, leases }: ApiHealth, now: number): GateAnswer | undefined {
  if (!synced) {
    return refuse(trouble ?? 'the watches have not caught up with the API server', 'the API server answers again')
  }
  if (settledAt !== undefined && now < settledAt) {
    return wait(`the API server was away; settling until ${at(settledAt)}`, 'the settle period passes', settledAt)
  }
  if (leases.state !== 'listed' || leases.followed < fewestLeases) return undefined
  if (leases.stale > leases.followed * staleLeaseShare) {
    return refuse(
      'more than half of the kubelet leases stopped at the same time',
      'the kubelets renew their leases again',
    )
  }
  return undefined
}

/** Without a fresh list of the kubelet leases it is unknown whether the nodes or the control plane are in trouble. */
export function unknownLeases({ leases }: ApiHealth): GateAnswer | undefined {
  if (leases.state === 'listed') return undefined
  return refuse(
    `the kubelet leases are not known: ${leases.why}`,
    'the controller may list the leases of kube-node-lease',
  )
}
