/** Whether an annotation forbids repairs of this node. Any value but `false` does; a time ends it by itself. */
import type { GateAnswer } from '../../../model/decision.ts'
import type { NodeView } from '../../../model/node.ts'
import { vetoText } from '../../../model/repair.ts'
import { allow, at, type Gate, refuse, wait } from '../gate.ts'

/** Annotation on a Node: who forbids repairs of it, or until when. */
export const vetoKey = 'nodemend.dev/veto'
/** Ours, and Karpenter's for the same purpose. */
const keys = [vetoKey, 'karpenter.sh/do-not-repair'] as const
const timeText = /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/

export const veto: Gate = {
  name: 'veto',
  annotations: keys,
  ask: ({ candidate: { node }, now }) => vetoOf(node, now) ?? allow('no veto on the node'),
  cancel(node, _snapshot, now) {
    const answer = vetoOf(node, now)
    return answer && `${vetoText}${answer.why}`
  },
}

/** The gate's answer where a veto stands on `node` at `now`. */
export function vetoOf(node: NodeView, now: number): GateAnswer | undefined {
  for (const key of keys) {
    const value = node.annotations[key]
    if (value === undefined || value === 'false') continue
    const until = timeText.test(value) ? Date.parse(value) : Number.NaN
    if (Number.isNaN(until)) return refuse(`annotation ${key}=${value}`, `remove the annotation ${key} from the node`)
    if (now < until)
      return wait(`annotation ${key} until ${at(until)}`, 'the veto ends, or the annotation is removed', until)
  }
  return undefined
}
