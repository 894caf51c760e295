/**
 * Which policies are in force. A set with a mistake is refused whole and the last good one stays, because half a set
 * could be more aggressive than meant. Restraint is the exception: what a person takes back applies at once, whatever
 * is wrong elsewhere. So while the present set is refused, nothing is ever done that either set forbids.
 */
import { forbids } from '../../model/action.ts'
import type { Policy } from '../../model/policy.ts'
import type { ParsedPolicies } from './parse.ts'
import { restrainedBy } from './restraints.ts'

/** `last` is the last good set, undefined when there was none; then a refused set puts nothing in force. */
export function inForce(last: readonly Policy[] | undefined, present: ParsedPolicies): readonly Policy[] | undefined {
  if (present.errors.length === 0) return present.policies
  if (last === undefined) return undefined
  const readable = new Map(present.readable.map((policy) => [policy.name, policy]))
  const kept = last.flatMap((old) => restrained(old, readable.get(old.name), present.names.has(old.name)))
  const known = new Set(kept.map((policy) => policy.name))
  // A policy that only forbids shadows the others: it may come at once. A new one that acts has to wait.
  const forbidding = present.readable.filter((policy) => forbids(policy.ladder) && !known.has(policy.name))
  return [...kept, ...forbidding].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The old policy with every restraint of its present version; gone when it was deleted and acted. */
function restrained(old: Policy, now: Policy | undefined, stands: boolean): readonly Policy[] {
  if (!stands) return forbids(old.ladder) ? [old] : []
  if (!now) return [old] // it is the mistaken one: its last good version stays
  if (forbids(now.ladder)) return [now]
  return [restrainedBy(old, now)]
}
