/** What a person's acknowledgement does to findings. */
import { type Acknowledgement, acknowledgementOf } from '../../model/acknowledgement.ts'
import type { Match } from '../../model/finding.ts'
import { type Draft, judge, weigh } from './draft.ts'
import type { Finding, Standing, Steady } from './state.ts'

/** Takes over all that stands on the node now: one that was taken back counts no more at once. */
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

/** The acknowledgement that a finding of `match` falls under now. */
export function acknowledgedNow(draft: Draft, match: Match): Standing['acknowledged'] {
  const one = acknowledgementOf(draft.acknowledgements, match, wallNow(draft))
  return one && { until: one.until, why: one.why }
}

/** The finding, seen at `at`: an acknowledgement that had ended by then is over. */
export function seenAnew(draft: Draft, finding: Finding, at: Steady): Finding {
  const { acknowledged, ...rest } = finding
  if (acknowledged === undefined || at + draft.moment.wallOffset <= acknowledged.until) return finding
  return rest
}

function wallNow({ moment }: Draft): number {
  return moment.now + moment.wallOffset
}
