/** One node, one repair: by UID, and by name for a node that came back under its old name. */
import { isFinished } from '../../../model/repair.ts'
import { allow, type Gate, refuse } from '../gate.ts'

export const inRepair: Gate = {
  name: 'in-repair',
  ask({ candidate: { node, record }, records }) {
    const other = records.find(
      (one) =>
        one.name !== record?.name &&
        one.phase !== 'Pending' &&
        !isFinished(one.phase) &&
        (one.nodeUid === node.uid || one.nodeName === node.name || one.successor?.uid === node.uid),
    )
    return other
      ? refuse(`repair ${other.name} is in phase ${other.phase}`, `repair ${other.name} ends`)
      : allow('no other repair touches it')
  },
}
