/** Sets the gauges that are derived from the state at each scrape. */
import { conditionTypes } from '../../model/condition.ts'
import type { Gauge } from '../../telemetry/exposition.ts'
import type { AgentMetrics } from './metrics.ts'
import type { Reported } from './reported.ts'

const statuses = ['True', 'False', 'Unknown'] as const

export function refreshMetrics(metrics: AgentMetrics, { ledger, assembled, rules }: Reported): void {
  const { state, settings } = ledger
  metrics.active.reset()
  for (const finding of state.findings.values()) {
    const severity = settings.severityOf(finding.leader, finding)
    if (finding.raisedAt === undefined || severity === undefined) continue
    metrics.active.add({ type: finding.leader.condition, severity })
  }
  for (const type of conditionTypes) {
    for (const status of statuses) setIf(metrics.condition, state.conditions[type].status === status, { type, status })
  }
  assembled.refresh()
  metrics.rules.set(rules())
  metrics.dropped.total(state.dropped.findings, { kind: 'findings' })
  metrics.dropped.total(state.dropped.notices, { kind: 'notices' })
  metrics.waiting.set(state.notices.size)
  metrics.unsaved.set(ledger.unsavedMs / 1000)
}

function setIf(metric: Gauge, holds: boolean, labels: Readonly<Record<string, string>>): void {
  metric.set(holds ? 1 : 0, labels)
}
