/**
 * Applies a monitor's look to the findings. A level is a state: it is reported when it begins and when it ends, and its
 * value is updated in between without a write.
 */

import { seenAnew } from './acknowledge.ts'
import { type Draft, judge, makeRoom, remove, store } from './draft.ts'
import { idOf, keyOf, lifetimeOf, newFinding, raise, sweep } from './raise.ts'
import { severityRank } from './settings.ts'
import type { Finding, Level, Steady } from './state.ts'

/** Applies one complete look of `monitor`; its levels missing from the look have ended. */
export function look(draft: Draft, monitor: string, levels: readonly Level[]): void {
  const at = Math.floor(draft.moment.now)
  const named = new Set<string>()
  for (const level of levels) {
    const { reason, device } = level.match
    if (draft.settings.severityOf(level.match, { trust: 'agent' }) === undefined) continue
    const key = keyOf(reason, device)
    named.add(key)
    if (level.state === 'kept') continue
    const known = draft.findings.get(key)
    if (known) refresh(draft, key, known, monitor, level, at)
    else if (level.state === 'over') begin(draft, key, monitor, level, at)
  }
  for (const [key, finding] of [...draft.findings]) {
    if (finding.level === monitor && !named.has(key)) finish(draft, key, finding, at)
  }
  sweep(draft, at)
}

/** Ends every level whose monitor does not exist in this process. */
export function keepLevelsOf(draft: Draft, monitors: readonly string[]): void {
  const owners = new Set(monitors.flatMap((name) => [name, ownerOf(name)]))
  for (const [key, finding] of [...draft.findings]) {
    if (finding.level !== undefined && !owners.has(finding.level)) finish(draft, key, finding, draft.moment.now)
  }
}

/** The owner of the finding that says that `monitor` cannot look. */
export function ownerOf(monitor: string): string {
  return `${monitor} itself`
}

function begin(draft: Draft, key: string, monitor: string, { match }: Level, at: Steady): void {
  if (!makeRoom(draft, match, { trust: 'agent' })) return
  const id = idOf(draft, { source: monitor, position: Math.round(at) }, match)
  const finding: Finding = { ...newFinding(draft, match, { trust: 'agent' }, at, id), level: monitor, lines: 1 }
  raiseIfDue(draft, key, finding, at)
}

function refresh(draft: Draft, key: string, known: Finding, monitor: string, level: Level, at: Steady): void {
  if (known.level === undefined) {
    // A log line reported it first. The monitor sees it now, so the monitor ends it.
    if (level.state === 'over') store(draft, key, { ...known, level: monitor, lastAt: at })
    return
  }
  const { over: _over, before: _before, ...rest } = seenAnew(draft, known, at)
  // A line can say worse of the same fault than the value does: a lost stripe is worse than a missing disk.
  const graver = severityRank[known.leader.severity] > severityRank[level.match.severity]
  const next: Finding = { ...rest, level: monitor, leader: graver ? known.leader : level.match, lastAt: at }
  if (known.raisedAt === undefined) {
    if (level.state === 'over') raiseIfDue(draft, key, next, at)
    else remove(draft, key)
    return
  }
  store(draft, key, next)
  judge(draft, next.leader.condition, next.acknowledged === known.acknowledged ? 'fresh' : 'changed')
}

/** Raises a level that has been over its limit for the time its entry requires. */
function raiseIfDue(draft: Draft, key: string, finding: Finding, at: Steady): void {
  const { forMs = 0 } = lifetimeOf(draft, finding).raise
  if (at - finding.at >= forMs) raise(draft, key, { ...finding, raisedAt: at })
  else store(draft, key, finding)
}

function finish(draft: Draft, key: string, finding: Finding, at: Steady): void {
  if (finding.raisedAt === undefined) remove(draft, key)
  else if (finding.over === undefined) store(draft, key, { ...finding, over: at })
}
