/** When a finding ends. Pure: a finding, its rules, a moment. */
import type { Lifecycle } from '../../catalog/compiled.ts'
import type { Finding, Steady } from './state.ts'

/** Why a finding ended: its raise rule was never met; the log said so; long quiet; too old. */
export type Ending = 'faded' | 'recovered' | 'quiet' | 'expired'

/** A raised finding that is over. */
export interface Ended {
  readonly finding: Finding
  readonly why: Ending | 'boot'
}

/** A level below its time that no look has confirmed for this long is forgotten: its monitor has stopped looking. */
const unseenLevelMs = 10 * 60_000

/** The moment at which `finding` ends if no other line comes, and why; undefined when nothing ends it by itself. */
export function endOf(finding: Finding, rules: Lifecycle): { readonly at: Steady; readonly why: Ending } | undefined {
  if (finding.raisedAt === undefined) {
    const patienceMs = finding.level === undefined ? rules.raise.withinMs : unseenLevelMs + (rules.raise.forMs ?? 0)
    return { at: finding.lastAt + patienceMs, why: 'faded' }
  }
  const held = finding.raisedAt + rules.holdMs
  const recovered = finding.over !== undefined && { at: Math.max(finding.over, held), why: 'recovered' as const }
  // The monitor that sees a level says when it is over: that nothing more is heard of it means nothing.
  if (finding.level !== undefined) return recovered || undefined
  const candidates = [
    recovered,
    rules.clearAfterMs !== undefined && {
      at: Math.max(finding.lastAt + rules.clearAfterMs, held),
      why: 'quiet' as const,
    },
    rules.expireMs !== undefined && { at: Math.max(finding.lastAt + rules.expireMs, held), why: 'expired' as const },
  ].filter((one) => one !== false)
  return candidates.reduce<(typeof candidates)[number] | undefined>(
    (first, one) => (first === undefined || one.at < first.at ? one : first),
    undefined,
  )
}
