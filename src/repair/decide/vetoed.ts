/** A person's veto on a node: an annotation with any value but `false`; one with a time ends by itself. */
import type { NodeView } from '../../model/node.ts'

/** Annotation on a Node: who forbids repairs of it, or until when. */
export const vetoKey = 'nodemend.dev/veto'
/** Ours, and Karpenter's for the same purpose. */
export const vetoKeys = [vetoKey, 'karpenter.sh/do-not-repair'] as const
const timeText = /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/

export interface Veto {
  readonly key: string
  readonly value: string
  /** When it ends by itself; absent where it does not. */
  readonly until?: number
}

/** The veto that stands on `node` at `now`. */
export function vetoOn(node: NodeView, now: number): Veto | undefined {
  for (const key of vetoKeys) {
    const value = node.annotations[key]
    if (value === undefined || value === 'false') continue
    const until = timeText.test(value) ? Date.parse(value) : Number.NaN
    if (Number.isNaN(until)) return { key, value }
    if (now < until) return { key, value, until }
  }
  return undefined
}
