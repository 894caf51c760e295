/** Conditions that a policy names and no node carries: most often a slip of the pen, which silently matches nothing. */
import { conditionTypes } from '../../model/condition.ts'
import type { NodeView } from '../../model/node.ts'
import type { Policy } from '../../model/repair.ts'

/** Kubelet's own, and those that the agents write. */
const known = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable', ...conditionTypes]
/** More edits than this are another word. */
const mostEdits = 3

/** Every condition type that some node carries, sorted. */
export function carriedBy(nodes: readonly NodeView[]): readonly string[] {
  return [...new Set(nodes.flatMap((node) => node.conditions.map((one) => one.type)))].sort()
}

/** Which conditions of `policy` no node carries, in words; undefined when there is none, or no node to ask. */
export function notCarried(policy: Policy, carried: readonly string[]): string | undefined {
  if (carried.length === 0) return undefined
  const missing = new Set(policy.match.map((one) => one.condition).filter((one) => !carried.includes(one)))
  if (missing.size === 0) return undefined
  const texts = [...missing].map((one) => `no node carries condition ${one}${guess(one, [...carried, ...known])}`)
  return texts.join('; ')
}

function guess(name: string, names: readonly string[]): string {
  if (names.includes(name)) return ''
  const near = names
    .map((one) => ({ one, edits: editsBetween(name.toLowerCase(), one.toLowerCase()) }))
    .filter(({ one, edits }) => edits <= Math.min(mostEdits, one.length / 3))
    .sort((a, b) => a.edits - b.edits)[0]
  return near ? `; is ${near.one} meant?` : ''
}

/** Levenshtein's distance. */
function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, swap))
    }
    row = next
  }
  return row[b.length] ?? 0
}
