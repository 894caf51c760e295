/** Applies a log line to the findings. */
import type { Match } from '../../model/finding.ts'
import { seenAnew } from './acknowledge.ts'
import { type Draft, judge, makeRoom, remove, store, weigh } from './draft.ts'
import { isSameSlot, openIncident, outranks, withCompanion, withLeader } from './incident.ts'
import { idOf, keyOf, lifetimeOf, newFinding, raise, sweep } from './raise.ts'
import type { Finding, Sighting } from './state.ts'

export function see(draft: Draft, sighting: Sighting): void {
  sweep(draft, sighting.at)
  const { match, drill } = sighting
  if (draft.settings.severityOf(match, sighting) === undefined) return
  weigh(draft, 'counts')
  const key = keyOf(match.reason, match.device, drill?.id)
  const known = draft.findings.get(key)
  if (drill !== undefined && drill.until <= sighting.at) endDrill(draft, drill.id, sighting)
  else if (match.recovery) recover(draft, sighting)
  else if (known) repeat(draft, key, known, sighting)
  else if (!join(draft, key, sighting)) begin(draft, key, sighting)
}

/**
 * Adds the line to its device's open incident. Returns false when there is none, or when the line must be counted on
 * its own first.
 */
function join(draft: Draft, key: string, sighting: Sighting): boolean {
  const incident = openIncident(draft.findings.values(), sighting)
  if (!incident) return false
  const incidentKey = keyOf(incident.leader.reason, incident.leader.device, incident.drill?.id)
  if (!outranks(sighting, incident, draft.settings)) {
    const joined = withCompanion(incident, sighting)
    store(draft, incidentKey, joined)
    // One more reason can change the advice and so the condition's text.
    if (joined.companions.length > incident.companions.length) judge(draft, incident.leader.condition)
    return true
  }
  if (draft.settings.lifecycleOf(sighting.match).raise.count > 1) return false
  remove(draft, incidentKey)
  raise(draft, key, withLeader(incident, sighting, idOf(draft, sighting, sighting.match)))
  judge(draft, incident.leader.condition)
  return true
}

function begin(draft: Draft, key: string, sighting: Sighting): void {
  const { match, at } = sighting
  if (!makeRoom(draft, match, sighting)) return
  weigh(draft, 'facts') // losing this line would make the count too low
  repeat(draft, key, newFinding(draft, match, sighting, at, idOf(draft, sighting, match)), sighting)
}

function repeat(draft: Draft, key: string, finding: Finding, sighting: Sighting): void {
  const { over: _over, before: wasBefore, ...rest } = seenAnew(draft, finding, sighting.at)
  const next: Finding = {
    ...rest,
    ...better(finding, sighting),
    ...(wasBefore && sighting.before && { before: true }),
    ...(sighting.drill && { drill: sighting.drill }),
    lastAt: Math.max(finding.lastAt, sighting.at),
    lines: finding.lines + 1,
  }
  if (finding.raisedAt !== undefined) {
    store(draft, key, next)
    const believed =
      next.trust !== finding.trust ||
      next.before !== finding.before ||
      next.acknowledged !== finding.acknowledged ||
      next.drill?.mode !== finding.drill?.mode
    if (believed) judge(draft, next.leader.condition)
    return
  }
  const { count, withinMs } = lifetimeOf(draft, finding).raise
  const recent = [...finding.recent.filter((at) => at >= sighting.at - withinMs), sighting.at]
  if (recent.length < count) store(draft, key, { ...next, recent })
  else raise(draft, key, { ...next, recent: [], raisedAt: sighting.at })
}

/** A trusted line replaces the text of a finding that user space wrote before. */
function better(
  { trust, leader }: Finding,
  sighting: Sighting,
): { readonly trust: Finding['trust']; readonly leader: Match } {
  if (trust !== 'userspace' || sighting.trust === 'userspace') return { trust, leader }
  return { trust: sighting.trust, leader: sighting.match }
}

/** Ends every finding of the drill, whatever its reason: a mark with the time 0 says that the drill is over. */
function endDrill(draft: Draft, id: string, { at }: Sighting): void {
  for (const [key, finding] of [...draft.findings]) {
    if (finding.drill?.id === id) store(draft, key, { ...finding, drill: { ...finding.drill, until: at } })
  }
  sweep(draft, at)
}

/**
 * Applies a line that reports a recovery: on its device, or on all devices when it names none. An injected one ends
 * findings of its own drill alone.
 */
function recover(draft: Draft, { match, at, drill }: Sighting): void {
  for (const [key, finding] of [...draft.findings]) {
    if (finding.drill?.id !== drill?.id) continue
    const sameGroup = match.group !== undefined && finding.leader.group === match.group
    if (finding.leader.entry !== match.entry && !sameGroup) continue
    if (match.device !== undefined && !isSameSlot(finding.leader.device, match.device)) continue
    if (finding.raisedAt === undefined) remove(draft, key)
    else store(draft, key, { ...finding, over: finding.over ?? at })
  }
  sweep(draft, at)
}
