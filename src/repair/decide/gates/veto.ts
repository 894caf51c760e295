/** Did a person say: not this node? Any value but `false` holds; a time ends it by itself. */
import type { GateAnswer } from '../../../model/decision.ts'
import type { NodeView } from '../../../model/node.ts'
import { allow, at, type Gate, refuse, wait } from '../gate.ts'

const vetoKey = 'nodemend.dev/veto'
/** Karpenter's own word for the same wish. */
const karpenterVetoKey = 'karpenter.sh/do-not-repair'
const timeText = /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/

export const veto: Gate = {
  name: 'veto',
  ask: ({ candidate: { node }, now }) => vetoOf(node, now) ?? allow('no veto on the node'),
}

/** The veto in force on `node`, as the gate's answer; a repair before its commit is cancelled by it, too. */
export function vetoOf(node: NodeView, now: number): GateAnswer | undefined {
  for (const key of [vetoKey, karpenterVetoKey]) {
    const value = node.annotations[key]
    if (value === undefined || value === 'false') continue
    const until = timeText.test(value) ? Date.parse(value) : Number.NaN
    if (Number.isNaN(until)) return refuse(`annotation ${key}=${value}`, `remove the annotation ${key} from the node`)
    if (now < until) return wait(`annotation ${key} until ${at(until)}`, 'the veto ends, or the annotation is removed')
  }
  return undefined
}
