/**
 * Every metric of the agent, as a literal list; docs/reference/metrics.md is generated from it. Series with labels
 * known in advance exist from the first scrape, with 0.
 */
import type { KubeErrorCode } from '../../kube/errors.ts'
import { conditionTypes } from '../../model/condition.ts'
import type { Counter, Gauge, Labels, Registry } from '../../telemetry/exposition.ts'
import type { FindingKind } from './known-findings.ts'

export type AgentMetrics = ReturnType<typeof createMetrics>

/** Results of a state file write that are listed from the start; other error codes appear when they occur. */
const stateCodes = ['ok', 'EACCES', 'EDQUOT', 'EIO', 'ENOSPC', 'EROFS']
/** The same for writes to the API server. */
const apiCodes: readonly (KubeErrorCode | 'ok')[] = [
  'ok',
  'NM_KUBE_ANSWER',
  'NM_KUBE_CONFLICT',
  'NM_KUBE_FORBIDDEN',
  'NM_KUBE_INVALID',
  'NM_KUBE_NETWORK',
  'NM_KUBE_NOT_FOUND',
  'NM_KUBE_THROTTLED',
  'NM_KUBE_TIMEOUT',
  'NM_KUBE_TLS',
  'NM_KUBE_UNAUTHORIZED',
  'NM_KUBE_UNAVAILABLE',
]
const severities = ['info', 'warning', 'fatal']

/** One label set per combination, e.g. `every('kind', ['rules', 'config'])`. */
function every(label: string, values: readonly string[], others: readonly Labels[] = [{}]): readonly Labels[] {
  return others.flatMap((other) => values.map((value) => ({ ...other, [label]: value })))
}

/** `findings`: the findings that can be raised, called at each rendering. */
export function createMetrics(registry: Registry, findings: () => Iterable<FindingKind>) {
  const gauge = (name: string, help: string, known?: readonly Labels[]): Gauge =>
    registry.gauge({ name, help, ...(known && { known: () => known }) })
  const counter = (name: string, help: string, known: readonly Labels[] = [{}]): Counter =>
    registry.counter({ name, help, known: () => known })
  return {
    buildInfo: gauge('nodemend_build_info', 'Always 1; the labels give the version.'),
    nodeInfo: gauge(
      'nodemend_node_info',
      'Always 1; the label gives the name of the Node. Join it to other metrics on job and instance.',
    ),
    findings: registry.counter({
      name: 'nodemend_findings_total',
      help: 'Findings raised, by severity and reason.',
      known: () => Array.from(findings(), ({ severity, reason }) => ({ severity, reason })),
    }),
    lines: counter('nodemend_evidence_lines_total', 'Log lines that a rule matched, by log and trust.', [
      ...every('trust', ['kernel', 'userspace'], [{ source: 'kmsg' }]),
      { source: 'journal', trust: 'service' },
    ]),
    active: gauge(
      'nodemend_findings_active',
      'Findings raised now, by condition and severity.',
      every('severity', severities, every('type', conditionTypes)),
    ),
    condition: gauge(
      'nodemend_condition_status',
      'Conditions of the node: 1 for the current status, 0 for the others.',
    ),
    rules: gauge('nodemend_rules', 'Detection rules in force.'),
    dropped: counter(
      'nodemend_dropped_total',
      'Findings and notices dropped by a memory cap, by kind.',
      every('kind', ['findings', 'notices']),
    ),
    waiting: gauge('nodemend_events_waiting', 'Events waiting to be written.'),
    givenUp: counter(
      'nodemend_events_given_up_total',
      'Events given up because the API server rejected them, by severity of the finding; the log names them.',
      every('severity', severities),
    ),
    stateWrites: counter(
      'nodemend_state_writes_total',
      'Writes of the state file, by outcome (ok, or the error code).',
      every('code', stateCodes),
    ),
    unsaved: gauge(
      'nodemend_state_unsaved_seconds',
      'How long the state has not been saved: 0, or the time since the first write after the last success began.',
    ),
    apiWrites: counter(
      'nodemend_api_writes_total',
      'Writes to the API server, by verb, resource and code.',
      every('code', apiCodes, every('resource', ['nodes/status', 'events'], [{ verb: 'apply' }])),
    ),
    blocked: gauge(
      'nodemend_report_blocked_seconds',
      'How long writes to the API server have failed, by resource: 0 when the last write succeeded.',
      every('resource', ['nodes/status', 'events']),
    ),
    reported: gauge(
      'nodemend_last_report_timestamp_seconds',
      'When the conditions were last written to the API server; 0 before the first write.',
    ),
    configErrors: counter(
      'nodemend_config_errors_total',
      'Refused loads of configuration or rules, by kind.',
      every('kind', ['rules', 'config']),
    ),
    configRefused: gauge(
      'nodemend_config_refused',
      '1 while the current configuration or rules on disk are refused and something else is in force, by kind.',
      every('kind', ['rules', 'config']),
    ),
  } as const
}
