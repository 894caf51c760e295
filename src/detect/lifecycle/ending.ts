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

/** The moment at which `finding` ends if no other line comes, and why; undefined when nothing ends it by itself. */
export function endOf(finding: Finding, rules: Lifecycle): { readonly at: Steady; readonly why: Ending } | undefined {
  if (finding.raisedAt === undefined) return { at: finding.lastAt + rules.raise.withinMs, why: 'faded' }
  const held = finding.raisedAt + rules.holdMs
  const candidates = [
    finding.over !== undefined && { at: Math.max(finding.over, held), why: 'recovered' as const },
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
