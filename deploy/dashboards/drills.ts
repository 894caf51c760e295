/** What a drill looks like from outside: marked lines, findings, conditions, decisions. */
import { dashboard, lines, number, table } from './panels.ts'

export const drills = dashboard({
  uid: 'nodemend-drills',
  title: 'Nodemend / Drills',
  description:
    'Lines that user space wrote into kernel logs (drills, and raw injections), and what followed. A drill leads to no repair unless it says so.',
  sections: [
    {
      title: 'Injected',
      panels: [
        number(
          { title: 'Injected lines, 1 h', description: 'Lines with a meaning that did not come from the kernel.' },
          'sum(increase(nodemend_evidence_lines_total{trust="userspace"}[1h]))',
        ),
        number(
          { title: 'Nodes with injected lines, 1 h', description: 'Nodes on which somebody wrote into the log.' },
          'count(increase(nodemend_evidence_lines_total{trust="userspace"}[1h]) > 0) or vector(0)',
        ),
        number(
          { title: 'Would have acted', description: 'Sick nodes that a policy in Observe would repair.' },
          'sum(outcome_gate:nodemend_decisions:max{outcome="would-act"}) or vector(0)',
        ),
        lines({ title: 'Injected lines', description: 'By node.' }, [
          {
            expr: 'sum by (node) (increase(nodemend_evidence_lines_total{trust="userspace"}[$__rate_interval]) * on (job, instance) group_left (node) nodemend_node_info)',
            legend: '{{node}}',
          },
        ]),
      ],
    },
    {
      title: 'Detected',
      panels: [
        table(
          { title: 'Findings', description: 'Node and reason of everything that was found within an hour.' },
          'node_reason_severity:nodemend_findings:increase1h',
          ['__name__'],
        ),
        lines({ title: 'Conditions that are False', description: 'A fatal drill makes one of these rise and fall.' }, [
          {
            expr: 'sum by (node, type) (node_type_status:nodemend_condition_status:max{status="False"})',
            legend: '{{node}} {{type}}',
          },
        ]),
      ],
    },
    {
      title: 'Decided and cleaned up',
      panels: [
        lines({ title: 'Decisions', description: 'would-act is what a drill without enforcement leads to.' }, [
          { expr: 'sum by (outcome) (outcome_gate:nodemend_decisions:max)', legend: '{{outcome}}' },
        ]),
        lines({ title: 'Active findings', description: 'What is active after a drill has ended was not cleaned up.' }, [
          { expr: 'sum by (node) (node_type_severity:nodemend_findings_active:max)', legend: '{{node}}' },
        ]),
      ],
    },
  ],
})
