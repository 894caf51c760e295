/**
 * One GPU fault writes many lines: a bus loss is Xid 79, then 154, then many 45 and 119. Lines of one group on one
 * device within a minute become one finding with companions.
 */
import type { Match } from '../../model/finding.ts'
import { type Settings, severityRank } from './settings.ts'
import type { Finding, Sighting, Standing, Steady } from './state.ts'

/** A line joins an incident whose newest line is at most this old. */
export const companionWindowMs = 60_000
/** Longest incident, because some codes repeat until the GPU is repaired. */
export const longestIncidentMs = 3 * 3_600_000
/** At most this many companions are named; further lines are only counted. */
export const mostCompanions = 8

/** The raised finding whose incident includes `sighting`. */
export function openIncident(findings: Iterable<Finding>, { match, at, drill }: Sighting): Finding | undefined {
  if (match.group === undefined) return undefined
  for (const finding of findings) {
    if (finding.drill?.id !== drill?.id) continue
    const isOne = finding.leader.group === match.group && isSameSlot(finding.leader.device, match.device)
    if (isOne && isOpen(finding, at)) return finding
  }
  return undefined
}

/** A PCI function and its slot count as one device: an Xid line says `0000:3b:00`, the next line `0000:3b:00.0`. */
export function isSameSlot(a: string | undefined, b: string | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && slotOf(a) === slotOf(b))
}

function slotOf(device: string): string {
  return device.replace(/^0{4}(?=[\da-f]{4}:)/, '').replace(/^([\da-f]{4,8}:[\da-f]{2}:[\da-f]{2})\.[\da-f]$/, '$1')
}

function isOpen(finding: Finding, at: Steady): boolean {
  return (
    finding.raisedAt !== undefined && at - finding.lastAt <= companionWindowMs && at - finding.at <= longestIncidentMs
  )
}

/** Whether the line is more severe than the incident's leader. */
export function outranks(sighting: Sighting, finding: Finding, settings: Settings): boolean {
  return rank(sighting.match, sighting, settings) > rank(finding.leader, finding, settings)
}

function rank(match: Match, standing: Standing, settings: Settings): number {
  const severity = settings.severityOf(match, standing)
  if (severity === undefined) return -1
  return severityRank[severity] * 2 + (match.scope === 'hardware' ? 1 : 0)
}

/** The finding with one more line of its incident. */
export function withCompanion(finding: Finding, sighting: Sighting): Finding {
  return {
    ...finding,
    lastAt: sighting.at,
    lines: finding.lines + 1,
    companions: named(finding, sighting.match.reason),
  }
}

/**
 * The finding with a more severe line as its leader. It gets a new id and so a new Event; the previous leader becomes a
 * companion.
 */
export function withLeader(finding: Finding, sighting: Sighting, id: string): Finding {
  const { told: _told, over: _over, before: _before, ...rest } = finding
  const { match, trust, at, before, drill } = sighting
  const others = [finding.leader.reason, ...finding.companions].filter((reason) => reason !== match.reason)
  const companions = others.slice(0, mostCompanions)
  const standing = { trust, ...(before && { before }), ...(drill && { drill }) }
  return { ...rest, ...standing, id, leader: match, lastAt: at, raisedAt: at, lines: finding.lines + 1, companions }
}

function named(finding: Finding, reason: string): readonly string[] {
  const known = reason === finding.leader.reason || finding.companions.includes(reason)
  return known || finding.companions.length >= mostCompanions ? finding.companions : [...finding.companions, reason]
}
