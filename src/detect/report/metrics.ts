/** Every metric of the agent, as a literal list. docs/reference/metrics.md is made from it. */
import type { Metric, Registry } from '../../telemetry/exposition.ts'

export type AgentMetrics = ReturnType<typeof createMetrics>

export function createMetrics(registry: Registry) {
  const counter = (name: string, help: string): Metric => registry.metric({ name, help, type: 'counter' })
  const gauge = (name: string, help: string): Metric => registry.metric({ name, help, type: 'gauge' })
  return {
    buildInfo: gauge('nodemend_build_info', 'Always 1; the labels say what runs.'),
    findings: counter('nodemend_findings_total', 'Findings raised, by severity and reason.'),
    lines: counter('nodemend_evidence_lines_total', 'Log lines that meant something, by source and origin.'),
    active: gauge('nodemend_findings_active', 'Findings that are raised now, by condition and severity.'),
    condition: gauge(
      'nodemend_condition_status',
      'Conditions of the node: 1 for the status that holds, 0 for the others.',
    ),
    monitorAlive: gauge('nodemend_monitor_alive', 'Whether a monitor reads its evidence.'),
    rules: gauge('nodemend_rules', 'Detection rules in force.'),
    kmsgRecords: counter('nodemend_kmsg_records_total', 'Records read from the kernel log.'),
    kmsgOverruns: counter('nodemend_kmsg_overruns_total', 'Times the kernel log was overwritten before it was read.'),
    kmsgLost: counter('nodemend_kmsg_lost_records_total', 'Records of the kernel log that were lost to overruns.'),
    kmsgSkipped: counter('nodemend_kmsg_unreadable_records_total', 'Records of the kernel log that could not be read.'),
    kmsgPosition: gauge('nodemend_kmsg_position', 'Sequence number up to which the kernel log has been read.'),
    dropped: counter('nodemend_dropped_total', 'What a memory cap has cost, by kind (entries, notices).'),
    waiting: gauge('nodemend_events_waiting', 'Events that are not written yet.'),
    stateWrites: counter(
      'nodemend_state_writes_total',
      'Writes of the state file, by outcome (ok, or the error code).',
    ),
    unsaved: gauge(
      'nodemend_state_unsaved_seconds',
      'How long the state has not been kept on disk: 0, or the time since the first write that has not succeeded.',
    ),
    apiWrites: counter('nodemend_api_writes_total', 'Writes to the API server, by verb, resource and code.'),
    reported: gauge(
      'nodemend_last_report_timestamp_seconds',
      'When the conditions were last written to the API server.',
    ),
    configErrors: counter('nodemend_config_errors_total', 'Configuration or rules that were refused, by kind.'),
  } as const
}
