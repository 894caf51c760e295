/** Whether a silent machine is certainly off: pure, so that a property can ask about every set of witnesses. */
import { conditionOf, type NodeView } from '../../../model/node.ts'
import { isOwnLifecycle } from '../../../model/node-lifecycle.ts'
import type { Power } from '../../../providers/provider.ts'
import { isSilent } from '../drain/silent.ts'

export interface Witnesses {
  readonly node: NodeView
  /** What the provider of its pool says about the machine. */
  readonly power: Power
  /** Whether its kubelet was seen to renew its lease within the last minute. */
  readonly lease: 'moves' | 'stopped' | 'unknown'
  readonly now: number
}

export interface Verdict {
  readonly off: boolean
  readonly why: string
}

/** Off only where the provider says so, and everybody else has fallen silent. */
export function judgePower({ node, power, lease, now }: Witnesses): Verdict {
  const runs = (why: string): Verdict => ({ off: false, why })
  if (node.deleting) return runs('its Node object is being deleted')
  if (!isSilent(node.conditions, now)) return runs('its kubelet has not been silent for five minutes')
  if (lease === 'moves') return runs('its kubelet renews its lease')
  if (lease === 'unknown') return runs('unknown whether its kubelet renews its lease')
  const since = Date.parse(conditionOf(node, 'Ready')?.lastTransitionTime ?? '')
  const heard = node.conditions.find(
    (one) => one.type !== 'Ready' && one.status !== 'Unknown' && !isOwnLifecycle(one) && !(one.seenAt <= since),
  )
  if (heard) return runs(`${heard.type} has been reported since`)
  if (power.state !== 'off') return runs(power.why)
  return { off: true, why: power.why }
}
