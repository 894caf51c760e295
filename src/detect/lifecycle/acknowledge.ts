/** Applies a person's acknowledgements to findings. */
import { type Acknowledgement, acknowledgementOf } from '../../model/acknowledgement.ts'
import type { Match } from '../../model/finding.ts'
import { type Draft, judge, weigh } from './draft.ts'
import type { Finding, Standing, Steady } from './state.ts'

/** Replaces the node's acknowledgements by `all`; a withdrawn one loses its effect at once. */
export function acknowledge(draft: Draft, all: readonly Acknowledgement[]): void {
  if (JSON.stringify(all) === JSON.stringify(draft.acknowledgements)) return
  draft.acknowledgements = all
  weigh(draft, 'facts')
  for (const [key, finding] of draft.findings) {
    const { acknowledged: before, ...rest } = finding
    const ended = before !== undefined && before.until <= wallNow(draft)
    const now = ended ? before : acknowledgedNow(draft, finding.leader)
    draft.findings.set(key, { ...rest, ...(now && { acknowledged: now }) })
    judge(draft, finding.leader.condition)
  }
}

/** The acknowledgement that covers a finding of `match` now. */
export function acknowledgedNow(draft: Draft, match: Match): Standing['acknowledged'] {
  const one = acknowledgementOf(draft.acknowledgements, match, wallNow(draft))
  return one && { until: one.until, why: one.why }
}

/** The finding after it was seen again at `at`: an acknowledgement that ended before is dropped. */
export function seenAnew(draft: Draft, finding: Finding, at: Steady): Finding {
  const { acknowledged, ...rest } = finding
  if (acknowledged === undefined || at + draft.moment.wallOffset <= acknowledged.until) return finding
  return rest
}

function wallNow({ moment }: Draft): number {
  return moment.now + moment.wallOffset
}
