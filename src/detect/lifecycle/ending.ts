/** Decides when a finding ends. Pure. */
import type { Lifecycle } from '../../catalog/compiled.ts'
import type { Finding, Steady } from './state.ts'

/**
 * Why a finding ended: `faded`: its raise rule was never met. `recovered`: the log or the monitor said so. `quiet`: no
 * line for its clearing time. `expired`: too old. `drill`: its drill is over, by a line or by its own time.
 */
export type Ending = 'faded' | 'recovered' | 'quiet' | 'expired' | 'drill'

/** A raised finding that has ended. */
export interface Ended {
  readonly finding: Finding
  readonly why: Ending | 'boot'
}

/** A pending level is removed when its monitor has not confirmed it for this long. */
const unseenLevelMs = 10 * 60_000

interface End {
  readonly at: Steady
  readonly why: Ending
}

/** When and why `finding` ends if no other line comes; undefined when time alone does not end it. */
export function endOf(finding: Finding, rules: Lifecycle): End | undefined {
  const end = endByRules(finding, rules)
  const { drill } = finding
  if (!drill || (end !== undefined && end.at < drill.until)) return end
  return { at: drill.until, why: finding.raisedAt === undefined ? 'faded' : 'drill' }
}

function endByRules(finding: Finding, rules: Lifecycle): End | undefined {
  if (finding.raisedAt === undefined) {
    const pendingMs = finding.level === undefined ? rules.raise.withinMs : unseenLevelMs + (rules.raise.forMs ?? 0)
    return { at: finding.lastAt + pendingMs, why: 'faded' }
  }
  const held = finding.raisedAt + rules.holdMs
  const recovered = finding.over !== undefined && { at: Math.max(finding.over, held), why: 'recovered' as const }
  // Only the monitor of a level ends it; silence does not.
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
