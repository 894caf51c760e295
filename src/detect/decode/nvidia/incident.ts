/** What the numbers of one GPU incident mean together: 48 with 63 is another repair than 48 alone. */
import type { CompiledTables, CompositeRule } from '../../../catalog/compiled.ts'

/** The first composite rule that fits the Xids seen in one incident on one GPU, or undefined: each speaks for itself. */
export function adviseIncident(xids: ReadonlySet<number>, tables: CompiledTables): CompositeRule | undefined {
  return tables.composites.find((rule) => fits(rule, xids))
}

/** The same for an incident whose findings are known by their reasons, e.g. `NvidiaXID48Error`: action and why, for people. */
export function adviseReasons(reasons: readonly string[], tables: CompiledTables): string | undefined {
  const xids = reasons.flatMap((reason) => /^NvidiaXID(\d+)/.exec(reason)?.[1] ?? []).map(Number)
  const rule = xids.length > 1 ? adviseIncident(new Set(xids), tables) : undefined
  return rule && `together: ${rule.action}, ${rule.advice}`
}

function fits(rule: CompositeRule, xids: ReadonlySet<number>): boolean {
  if (!rule.all.every((code) => xids.has(code))) return false
  if (rule.any && !rule.any.some((code) => xids.has(code))) return false
  if (!rule.alone) return true
  const named = new Set([...rule.all, ...(rule.any ?? [])])
  return [...xids].every((code) => named.has(code))
}
