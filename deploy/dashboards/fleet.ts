/** The fleet at a glance: which nodes are sick, of what, and whether everybody is watched. */
import { dashboard, lines, number, redAbove, redBelow, table } from './panels.ts'

const sick = 'node_type_status:nodemend_condition_status:max{status="False"} == 1'

export const fleet = dashboard({
  uid: 'nodemend-fleet',
  title: 'Nodemend / Fleet',
  description: 'Which nodes are sick, of what, and whether every node is watched.',
  sections: [
    {
      title: 'Now',
      panels: [
        number({ title: 'Nodes watched', description: 'Nodes whose agent is scraped.' }, 'count(nodemend_node_info)'),
        number(
          { title: 'Sick nodes', description: 'Nodes with a condition that is False.' },
          `count(max by (node) (${sick})) or vector(0)`,
          redAbove(1),
        ),
        number(
          { title: 'Nodes with an Unknown condition', description: 'A monitor has not looked there, or cannot.' },
          'count(max by (node) (node_type_status:nodemend_condition_status:max{status="Unknown"} == 1)) or vector(0)',
          redAbove(1),
        ),
        number(
          { title: 'Agents that cannot be scraped', description: 'Seen within the last hour, and not now.' },
          'count(last_over_time(nodemend_node_info[1h]) and on (job, instance) up == 0) or vector(0)',
          redAbove(1),
        ),
        number(
          { title: 'A controller leads', description: '1: decisions are made. 0: nothing is repaired.' },
          'max(nodemend_leader)',
          redBelow(1),
        ),
        number(
          { title: 'Repairs open', description: 'Repairs that are not finished.' },
          'sum(phase:nodemend_repairs_open:max) or vector(0)',
        ),
      ],
    },
    {
      title: 'Sickness',
      panels: [
        lines({ title: 'Sick nodes by condition', description: 'Nodes whose condition is False.' }, [
          { expr: 'type:nodemend_condition_false:sum', legend: '{{type}}' },
        ]),
        table(
          {
            title: 'Sick nodes',
            description: 'Every condition that is False now. Open the node in the dashboard Node.',
          },
          sick,
          ['Value', '__name__', 'status'],
        ),
        lines(
          {
            title: 'Findings by reason',
            description: 'The fifteen reasons that were found most often, per hour, over all nodes.',
          },
          [
            {
              expr: 'topk(15, sum by (reason, severity) (node_reason_severity:nodemend_findings:increase1h))',
              legend: '{{reason}} ({{severity}})',
            },
          ],
        ),
        table(
          {
            title: 'Reasons on many nodes',
            description: 'Nodes on which a reason was found within an hour. Many nodes have seldom broken machines.',
          },
          'sort_desc(count by (reason, severity) (node_reason_severity:nodemend_findings:increase1h))',
        ),
      ],
    },
    {
      title: 'Watching',
      panels: [
        lines({ title: 'Monitors that see nothing', description: 'Nodes on which a monitor is blind or stuck.' }, [
          {
            expr: 'sum by (monitor, state) (node_monitor_state:nodemend_monitor_state:max{state=~"blind|stuck"})',
            legend: '{{monitor}} {{state}}',
          },
        ]),
        lines({ title: 'Trouble of the agents', description: 'How many agents have each of these. All should be 0.' }, [
          { expr: 'count(nodemend_report_blocked_seconds > 0) or vector(0)', legend: 'cannot report' },
          { expr: 'count(nodemend_state_unsaved_seconds > 60) or vector(0)', legend: 'cannot save its state' },
          { expr: 'sum(nodemend_config_refused)', legend: 'configuration refused' },
          { expr: 'count(nodemend_missing_rights > 0) or vector(0)', legend: 'lacks rights' },
          { expr: 'sum(nodemend_children_left_behind)', legend: 'host programs blocked' },
        ]),
        lines({ title: 'Versions', description: 'Agents by version: one line, except while an upgrade runs.' }, [
          { expr: 'count by (version, runtime) (nodemend_build_info)', legend: '{{version}} on Node.js {{runtime}}' },
        ]),
        lines({ title: 'Lost', description: 'Log records, findings and Events that were lost, per hour.' }, [
          { expr: 'sum(increase(nodemend_kmsg_lost_records_total[1h]))', legend: 'records of the kernel log' },
          { expr: 'sum by (kind) (increase(nodemend_dropped_total[1h]))', legend: '{{kind}} over the cap' },
          { expr: 'sum(increase(nodemend_events_given_up_total[1h]))', legend: 'Events rejected' },
        ]),
      ],
    },
  ],
})
