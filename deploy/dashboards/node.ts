/** One node: its conditions, findings, monitors and everything that is measured there. */
import { QueryVariableBuilder, VariableRefresh, VariableSort } from '@grafana/grafana-foundation-sdk/dashboard'
import type { MonitorSpec, ValueSpec } from '../../src/detect/monitors/monitor.ts'
import * as monitorList from '../../src/detect/monitors/monitors.ts'
import { metricOf } from '../../src/detect/monitors/probe.ts'
import { conditionTimeline, dashboard, lines, source, table } from './panels.ts'

const node = '$node'
/** Samples of the chosen node: an agent is known by its address, and nodemend_node_info names its Node. */
const here = (expr: string): string =>
  `${expr} * on (job, instance) group_left (node) nodemend_node_info{node="${node}"}`

const units: Readonly<Record<ValueSpec['unit'], string>> = {
  percent: 'percent',
  count: 'short',
  seconds: 's',
  hours: 'h',
  bytes: 'bytes',
  celsius: 'celsius',
  watts: 'watt',
}

/** What a probe measures, one panel for each unit. */
function measured({ name, values = {} }: MonitorSpec) {
  const byUnit = Map.groupBy(Object.entries(values), ([, { unit }]) => unit)
  return [...byUnit].map(([unit, specs]) =>
    lines(
      { title: `${name}, ${unit}`, description: specs.map(([value, { help }]) => `${value}: ${help}`).join(' ') },
      specs.map(([value]) => ({ expr: here(metricOf(name, value)), legend: `${value} {{device}}` })),
      units[unit],
    ),
  )
}

export const oneNode = dashboard({
  uid: 'nodemend-node',
  title: 'Nodemend / Node',
  description: 'One node: conditions, findings, what is measured, and the health of its agent.',
  variables: [
    new QueryVariableBuilder('node')
      .label('Node')
      .datasource(source)
      .query('label_values(nodemend_node_info, node)')
      .refresh(VariableRefresh.OnTimeRangeChanged)
      .sort(VariableSort.AlphabeticalAsc),
  ],
  sections: [
    {
      title: 'Health',
      panels: [
        conditionTimeline(
          { title: 'Conditions', description: 'The five conditions as the agent holds them.' },
          {
            expr:
              `sum by (type) (node_type_status:nodemend_condition_status:max{node="${node}",status="True"}) - ` +
              `sum by (type) (node_type_status:nodemend_condition_status:max{node="${node}",status="False"})`,
            legend: '{{type}}',
          },
        ),
        lines({ title: 'Active findings', description: 'Findings that hold now, by condition and severity.' }, [
          {
            expr: `sum by (type, severity) (node_type_severity:nodemend_findings_active:max{node="${node}"})`,
            legend: '{{type}} {{severity}}',
          },
        ]),
        table(
          { title: 'Found within an hour', description: 'How often each reason was raised.' },
          `node_reason_severity:nodemend_findings:increase1h{node="${node}"}`,
          ['__name__', 'node'],
        ),
      ],
    },
    {
      title: 'Evidence',
      panels: [
        lines({ title: 'Kernel log', description: 'Records read, and records lost because they were overwritten.' }, [
          { expr: here('rate(nodemend_kmsg_records_total[$__rate_interval])'), legend: 'read per second' },
          { expr: here('increase(nodemend_kmsg_lost_records_total[$__rate_interval])'), legend: 'lost' },
        ]),
        lines(
          {
            title: 'Lines with a meaning',
            description:
              'Lines that a rule matched. Lines from user space are marked: a drill, or somebody at /dev/kmsg.',
          },
          [
            {
              expr: here('increase(nodemend_evidence_lines_total[$__rate_interval])'),
              legend: '{{source}} {{trust}}',
            },
          ],
        ),
      ],
    },
    {
      title: 'Measured',
      panels: Object.values<MonitorSpec>(monitorList).flatMap(measured),
    },
    {
      title: 'Agent',
      panels: [
        table(
          { title: 'Monitors', description: 'The state of each monitor: pending, checked, blind or stuck.' },
          `node_monitor_state:nodemend_monitor_state:max{node="${node}"} == 1`,
          ['__name__', 'node', 'Value'],
        ),
        lines(
          { title: 'Duration of a look', description: 'The newest look of each probe.' },
          [{ expr: here('nodemend_monitor_look_seconds'), legend: '{{monitor}}' }],
          's',
        ),
        lines({ title: 'Reports', description: 'Writes to the API server by resource and code.' }, [
          {
            expr: here('increase(nodemend_api_writes_total[$__rate_interval])'),
            legend: '{{resource}} {{code}}',
          },
        ]),
        lines(
          { title: 'Since the last', description: 'Report of the conditions, and successful write of the state.' },
          [
            {
              expr: `time() - (${here('nodemend_last_report_timestamp_seconds')} > 0)`,
              legend: 'report',
            },
            { expr: here('nodemend_state_unsaved_seconds'), legend: 'state unsaved for' },
          ],
          's',
        ),
      ],
    },
  ],
})
