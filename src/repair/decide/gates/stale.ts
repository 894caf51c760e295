/**
 * Whether a detector still asserts the condition. A detector that ended leaves its last status for ever: that is a failed
 * detector, not a sick node.
 */
import { serverTime } from '../../../model/own-time.ts'
import { allow, at, type Gate, refuse } from '../gate.ts'

/** How often our agent, the EKS agent and node-problem-detector assert a condition at the latest. */
const heartbeatMs = 5 * 60_000
/** A condition that nobody asserted for this long counts as Unknown. */
export const staleAfterMs = Math.max(5 * 60_000, 3 * heartbeatMs)
/** Kubelet's own condition: when kubelet stops, kube-controller-manager turns it Unknown, which is then the news. */
const selfAging = 'Ready'

export const stale: Gate = {
  name: 'stale',
  ask({ candidate: { node, condition, record }, now }) {
    if (condition.type === selfAging) return allow('kube-controller-manager ages this condition itself')
    const change = `its detector reports ${condition.type} again`
    const seenAt = record ? serverTime(record, condition.seenAt) : condition.seenAt
    if (Math.max(seenAt, condition.seenAt) < node.createdAt) {
      return refuse(`${condition.type} is older than this Node object`, change)
    }
    if (node.rebootedAt !== undefined && condition.seenAt < node.rebootedAt) {
      return refuse(`${condition.type} was last reported before the node's reboot at ${at(node.rebootedAt)}`, change)
    }
    if (condition.lastHeartbeatTime === undefined) return allow('its detector writes no heartbeat')
    if (now - condition.seenAt > staleAfterMs) {
      return refuse(`nobody has reported ${condition.type} since ${at(condition.seenAt)}`, change)
    }
    return allow(`${condition.type} was last reported at ${at(condition.seenAt)}`)
  },
}
