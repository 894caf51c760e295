/** Whether its whole zone is impaired: then a fault that connectivity alone can cause is not repaired. */
import type { SeenCondition } from '../../../model/node.ts'
import { allow, type Gate, refuse } from '../gate.ts'

/** Share of a zone's nodes that makes it impaired (kube-controller-manager's figure), and the fewest that count. */
const impairedShare = 0.55
const fewestUnhealthy = 3

export const zone: Gate = {
  name: 'zone',
  ask({ candidate: { node, condition }, index }) {
    const around = index.zoneOf(node)
    if (!around) return allow('the node names no zone')
    const impaired = around.unhealthy >= fewestUnhealthy && around.unhealthy >= around.total * impairedShare
    if (!impaired) return allow(`zone ${around.name} is fine`)
    if (!fromAfar(condition))
      return allow(`zone ${around.name} is impaired, but ${condition.type} was seen on the node itself`)
    return refuse(
      `zone ${around.name} is impaired: ${around.unhealthy} of ${around.total} nodes unhealthy`,
      `zone ${around.name} recovers`,
    )
  },
}

/** Judged over the network, so a broken network looks the same. */
function fromAfar(condition: SeenCondition): boolean {
  return condition.type === 'NetworkingReady' || (condition.type === 'Ready' && condition.status === 'Unknown')
}
