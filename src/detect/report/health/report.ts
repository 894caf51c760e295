/** Makes a node's report out of the life cycle's state and the inventory. Pure. */
import type { HealthFinding, HealthMonitor, Machine, NodeHealthReport } from '../../../model/node-health.ts'
import { rfc3339Seconds } from '../../../telemetry/rfc3339.ts'
import { cutText } from '../../lifecycle/cut-text.ts'
import { type Settings, severityRank } from '../../lifecycle/settings.ts'
import type { Finding, LifecycleState } from '../../lifecycle/state.ts'
import { type Inventory, identityOf } from './identity.ts'

/** Most entries of each list: with the longest texts everywhere, the object stays below a third of the 1.5 MB that etcd takes. */
export const mostFindings = 64
export const mostDevices = 128
/** Longest text of one field, bytes. */
export const longestText = 256

/** What a report is made of. */
export interface ReportParts {
  readonly state: Pick<LifecycleState, 'findings'>
  readonly settings: Settings
  readonly machine: Machine
  readonly inventory: Inventory
  readonly monitors: readonly HealthMonitor[]
  /** Wall clock minus steady time, milliseconds. */
  readonly wallOffset: number
}

export function healthReport({
  state,
  settings,
  machine,
  inventory,
  monitors,
  wallOffset,
}: ReportParts): NodeHealthReport {
  const active = [...state.findings.values()].flatMap((finding) => findingOf(finding, settings, inventory, wallOffset))
  const sorted = active.sort(
    (a, b) =>
      severityRank[b.severity] - severityRank[a.severity] ||
      (a.since < b.since ? -1 : a.since > b.since ? 1 : 0) ||
      (a.reason < b.reason ? -1 : 1),
  )
  const more = sorted.length - mostFindings
  return {
    machine: shortTexts(machine),
    findings: sorted.slice(0, mostFindings).map(shortTexts),
    ...(more > 0 && { moreFindings: more }),
    monitors: monitors.slice(0, mostDevices).map(shortTexts),
    accelerators: inventory.accelerators.slice(0, mostDevices).map(shortTexts),
    disks: inventory.disks.slice(0, mostDevices).map(shortTexts),
    nics: inventory.nics.slice(0, mostDevices).map(shortTexts),
  }
}

function findingOf(
  finding: Finding,
  settings: Settings,
  inventory: Inventory,
  wallOffset: number,
): readonly HealthFinding[] {
  const { leader, raisedAt, trust, before, acknowledged, drill, wallAt, lastAt, lines } = finding
  const severity = settings.severityOf(leader, finding)
  if (raisedAt === undefined || severity === undefined) return []
  return [
    {
      reason: leader.reason,
      condition: leader.condition,
      severity,
      message: leader.message,
      since: rfc3339Seconds(wallAt),
      lastSeen: rfc3339Seconds(Math.round(lastAt + wallOffset)),
      trust,
      count: lines,
      ...(leader.device !== undefined && { device: shortTexts(identityOf(leader.device, inventory)) }),
      ...(before && { before }),
      ...(acknowledged && { acknowledgedUntil: rfc3339Seconds(acknowledged.until) }),
      ...(drill && { drill: drill.id }),
    },
  ]
}

function shortTexts<T extends object>(one: T): T {
  const pairs = Object.entries(one).map(([key, value]) => [
    key,
    typeof value === 'string' ? cutText(value, longestText) : value,
  ])
  return Object.fromEntries(pairs) as T // the same keys, texts stay texts
}

/** What must differ for a write to be worth it: everything but what passes with time. */
export function essence(report: NodeHealthReport): string {
  const { findings, monitors, ...rest } = report
  return JSON.stringify({
    ...rest,
    // The value of a measured state is in its message, which changes with each look.
    findings: findings.map(({ lastSeen: _lastSeen, count: _count, message: _message, ...kept }) => kept),
    monitors: monitors.map(({ lookAgeSeconds: _age, ...kept }) => kept),
  })
}

/** What passes with time and is worth telling now and then. */
export function progress({ findings }: NodeHealthReport): string {
  return JSON.stringify(findings.map(({ lastSeen, count, message }) => [lastSeen, count, message]))
}
