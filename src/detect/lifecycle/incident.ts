/**
 * One GPU fault writes many lines: bus loss is Xid 79, then 154, then a rain of 45 and 119. Lines of one group on one
 * device within a minute are one finding with companions.
 */
import type { Match } from '../../model/finding.ts'
import { type Settings, severityRank } from './settings.ts'
import type { Entry, Sighting, Steady } from './state.ts'

/** A line joins an incident whose newest line is at most this old. */
export const companionWindowMs = 60_000
/** Codes that repeat until somebody repairs the GPU keep an incident open no longer than this. */
export const longestIncidentMs = 3 * 3_600_000
/** Companions that are named; more are counted as lines only. */
export const mostCompanions = 8

/** The raised entry whose incident `sighting` is part of. */
export function openIncident(entries: Iterable<Entry>, { match, at }: Sighting): Entry | undefined {
  if (match.group === undefined) return undefined
  for (const entry of entries) {
    const isOne = entry.leader.group === match.group && isSameSlot(entry.leader.device, match.device)
    if (isOne && isOpen(entry, at)) return entry
  }
  return undefined
}

/** A PCI function and its slot are one device: Xid says `0000:3b:00` where the line beside it says `0000:3b:00.0`. */
export function isSameSlot(a: string | undefined, b: string | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && slotOf(a) === slotOf(b))
}

function slotOf(device: string): string {
  return device.replace(/^0{4}(?=[\da-f]{4}:)/, '').replace(/^([\da-f]{4,8}:[\da-f]{2}:[\da-f]{2})\.[\da-f]$/, '$1')
}

function isOpen(entry: Entry, at: Steady): boolean {
  return entry.raisedAt !== undefined && at - entry.lastAt <= companionWindowMs && at - entry.at <= longestIncidentMs
}

/** Whether the line says something worse than what stands for the incident so far. */
export function outranks(sighting: Sighting, entry: Entry, settings: Settings): boolean {
  return rank(sighting.match, sighting.origin, settings) > rank(entry.leader, entry.origin, settings)
}

function rank(match: Match, origin: Sighting['origin'], settings: Settings): number {
  const severity = settings.severityOf(match, origin)
  if (severity === undefined) return -1
  return severityRank[severity] * 2 + (match.scope === 'hardware' ? 1 : 0)
}

/** The entry with one more line of its incident. */
export function withCompanion(entry: Entry, sighting: Sighting): Entry {
  return { ...entry, lastAt: sighting.at, lines: entry.lines + 1, companions: named(entry, sighting.match.reason) }
}

/** The entry led by a worse line: a new name, so it is told anew; what led before becomes a companion. */
export function withLeader(entry: Entry, sighting: Sighting, id: string): Entry {
  const { told: _told, over: _over, ...rest } = entry
  const { match, origin, at } = sighting
  const others = [entry.leader.reason, ...entry.companions].filter((reason) => reason !== match.reason)
  const companions = others.slice(0, mostCompanions)
  return { ...rest, id, leader: match, origin, lastAt: at, raisedAt: at, lines: entry.lines + 1, companions }
}

function named(entry: Entry, reason: string): readonly string[] {
  const known = reason === entry.leader.reason || entry.companions.includes(reason)
  return known || entry.companions.length >= mostCompanions ? entry.companions : [...entry.companions, reason]
}
