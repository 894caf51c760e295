/** Conditions that a policy names and no node carries: most often a misspelt type, which matches nothing. */
import { conditionTypes } from '../../model/condition.ts'
import { nearest } from '../../model/nearest.ts'
import type { NodeView } from '../../model/node.ts'
import type { Policy } from '../../model/policy.ts'

/** Kubelet's own, and those that the agents write. */
const known = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable', ...conditionTypes]

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
  const near = nearest(name, names)
  return near === undefined ? '' : `; is ${near} meant?`
}
