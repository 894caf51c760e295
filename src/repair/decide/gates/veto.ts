/** Whether an annotation forbids repairs of this node. Any value but `false` does; a time ends it by itself. */
import type { GateAnswer } from '../../../model/decision.ts'
import type { NodeView } from '../../../model/node.ts'
import { vetoText } from '../../../model/repair.ts'
import { allow, at, type Gate, refuse, wait } from '../gate.ts'
import { vetoKeys, vetoOn } from '../vetoed.ts'

export const veto: Gate = {
  name: 'veto',
  annotations: vetoKeys,
  ask: ({ candidate: { node }, now }) => answerOf(node, now) ?? allow('no veto on the node'),
  cancel(node, _snapshot, now) {
    const answer = answerOf(node, now)
    return answer && `${vetoText}${answer.why}`
  },
}

function answerOf(node: NodeView, now: number): GateAnswer | undefined {
  const found = vetoOn(node, now)
  if (!found) return undefined
  const { key, value, until } = found
  if (until === undefined) return refuse(`annotation ${key}=${value}`, `remove the annotation ${key} from the node`)
  return wait(`annotation ${key} until ${at(until)}`, 'the veto ends, or the annotation is removed', until)
}
