/** When an entry ends. Pure: an entry, its rules, a moment. */
import type { Lifecycle } from '../../catalog/compiled.ts'
import type { Entry, Steady } from './state.ts'

/** Why an entry ended: its raise rule was never met; the log said so; long quiet; too old. */
export type Ending = 'faded' | 'recovered' | 'quiet' | 'expired'

/** The moment at which `entry` ends if no other line comes, and why; undefined when nothing ends it by itself. */
export function endOf(entry: Entry, rules: Lifecycle): { readonly at: Steady; readonly why: Ending } | undefined {
  if (entry.raisedAt === undefined) return { at: entry.lastAt + rules.raise.withinMs, why: 'faded' }
  const held = entry.raisedAt + rules.holdMs
  const candidates = [
    entry.over !== undefined && { at: Math.max(entry.over, held), why: 'recovered' as const },
    rules.clearAfterMs !== undefined && {
      at: Math.max(entry.lastAt + rules.clearAfterMs, held),
      why: 'quiet' as const,
    },
    rules.expireMs !== undefined && { at: Math.max(entry.lastAt + rules.expireMs, held), why: 'expired' as const },
  ].filter((one) => one !== false)
  return candidates.reduce<(typeof candidates)[number] | undefined>(
    (first, one) => (first === undefined || one.at < first.at ? one : first),
    undefined,
  )
}
