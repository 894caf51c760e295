/** What the numbers of one GPU incident mean together: 48 with 63 is another repair than 48 alone. */
import type { CompiledTables, CompositeRule } from '../../../catalog/compiled.ts'

/** The first composite rule that fits the Xids seen in one incident on one GPU, or undefined: each speaks for itself. */
export function adviseIncident(xids: ReadonlySet<number>, tables: CompiledTables): CompositeRule | undefined {
  return tables.composites.find((rule) => fits(rule, xids))
}

function fits(rule: CompositeRule, xids: ReadonlySet<number>): boolean {
  if (!rule.all.every((code) => xids.has(code))) return false
  if (rule.any && !rule.any.some((code) => xids.has(code))) return false
  if (!rule.alone) return true
  const named = new Set([...rule.all, ...(rule.any ?? [])])
  return [...xids].every((code) => named.has(code))
}
