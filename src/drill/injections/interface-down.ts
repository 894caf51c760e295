/** A bonded interface that loses its only member, in the pod's own network. */
import { heldScript, type Injection, ordinary } from './injection.ts'

export const interfaceDown: Injection = {
  name: 'interface-down',
  says: 'a bonded interface in the network of the pod loses its only member',
  undoneBy: 'the interfaces go with the network of the pod',
  reasons: ['BondLinkDown'],
  marked: false,
  namesItself: true,
  harms: 'its pod',
  foundWithinMs: 15_000,
  rights: { ...ordinary, why: 'it adds interfaces to its own network', capabilities: ['NET_ADMIN'] },
  script: heldScript(`ip link add b$TOKEN type bond && ip link add p$TOKEN type dummy || exit 1
ip link set p$TOKEN master b$TOKEN && ip link set b$TOKEN up && ip link set p$TOKEN up && sleep 1
ip link set p$TOKEN down`),
}
