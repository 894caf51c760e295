/**
 * Lists severity and reason of every finding that the rules can raise, so that counters start at 0: Prometheus'
 * increase() does not see a counter whose first value is 1. Pure.
 */
import type { CompiledCatalogue, CompiledReason } from '../../catalog/compiled.ts'
import type { Match, Severity } from '../../model/finding.ts'
import { reasonOfXid } from '../decode/nvidia/xid.ts'
import type { Settings } from '../lifecycle/settings.ts'

export interface FindingKind {
  readonly severity: Severity
  readonly reason: string
}

/**
 * `nvidia`: the machine has an NVIDIA GPU. Only then are the 176 series of Xid numbers listed; SXid numbers never are.
 */
export function knownFindings(catalogue: CompiledCatalogue, settings: Settings, nvidia: boolean): FindingKind[] {
  const reasons = new Map(catalogue.reasons.map((one) => [one.reason, one]))
  const unruled = new Set(reasons.keys())
  const kinds = new Map<string, FindingKind>()
  const add = (reason: CompiledReason, change: Partial<Match> = {}): void => {
    const match = { rule: '', message: '', entry: reason.reason, ...reason, ...change }
    const severity = settings.severityOf(match, { trust: 'kernel' })
    if (severity) kinds.set(`${severity} ${match.reason}`, { severity, reason: match.reason })
  }
  for (const { reason: name, decode, recovery, severity, detachable, scope } of catalogue.rules) {
    unruled.delete(name)
    const reason = reasons.get(name)
    if (!reason || recovery || decode !== undefined) continue
    const own = { scope: scope ?? reason.scope }
    add(reason, { ...own, severity: severity ?? reason.severity })
    if (detachable) add(reason, { ...own, severity: detachable })
  }
  for (const name of unruled) {
    const reason = reasons.get(name)
    if (reason) add(reason) // raised by the agent itself
  }
  const xids = reasons.get('NvidiaXidError')
  for (const { code, severity, scope } of nvidia && xids ? catalogue.tables.xids : []) {
    if (xids) add(xids, { reason: reasonOfXid(code, severity), code, severity, scope })
  }
  return [...kinds.values()]
}
