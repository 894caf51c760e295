/** A bonded interface that loses its only member, in the pod's own network. */
import { heldScript, type Injection, ordinary } from './injection.ts'

export const interfaceDown: Injection = {
  name: 'interface-down',
  says: 'a bonded interface in the network of the pod loses its only member',
  undoneBy: 'the interfaces go with the network of the pod',
  reasons: ['BondLinkDown'],
  marked: false,
  harms: 'its pod',
  foundWithinMs: 15_000,
  rights: { ...ordinary, why: 'it adds interfaces to its own network', capabilities: ['NET_ADMIN'] },
  script: heldScript(`ip link add nmbond type bond && ip link add nmport type dummy || exit 1
ip link set nmport master nmbond && ip link set nmbond up && ip link set nmport up && sleep 1
ip link set nmport down`),
}
