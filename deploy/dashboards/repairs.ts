/** The controller: what is repaired, what holds repairs up, and how they end. */
import { dashboard, lines, number, redAbove, redBelow, table } from './panels.ts'

export const repairs = dashboard({
  uid: 'nodemend-repairs',
  title: 'Nodemend / Repairs',
  description: 'What is repaired, what holds repairs up, and how they end.',
  sections: [
    {
      title: 'Now',
      panels: [
        number(
          { title: 'A controller leads', description: '0: nothing is decided.' },
          'max(nodemend_leader)',
          redBelow(1),
        ),
        number(
          { title: 'Frozen', description: 'It leads and does nothing, because it trusts its picture too little.' },
          'max(nodemend_frozen)',
          redAbove(1),
        ),
        number(
          { title: 'Policies refused', description: 'One mistake keeps the last good set in force.' },
          'max(nodemend_policies{state="refused"})',
          redAbove(1),
        ),
        number(
          { title: 'Policies in force', description: 'Policies that were accepted.' },
          'max(nodemend_policies{state="accepted"})',
        ),
        number({ title: 'Vetoed', description: 'Sick nodes that a person protects.' }, 'max(nodemend_vetoed_nodes)'),
        number(
          { title: 'Stale', description: 'Sick nodes whose condition nobody asserts any more.' },
          'max(nodemend_stale_conditions)',
          redAbove(1),
        ),
      ],
    },
    {
      title: 'Decisions',
      panels: [
        lines({ title: 'Sick nodes by decision', description: 'wait ends by itself, refuse needs somebody.' }, [
          { expr: 'sum by (outcome) (outcome_gate:nodemend_decisions:max)', legend: '{{outcome}}' },
        ]),
        lines({ title: 'What holds up', description: 'The gate that decided, of nodes that are not repaired.' }, [
          {
            expr: 'sum by (gate, outcome) (outcome_gate:nodemend_decisions:max)',
            legend: '{{gate}} ({{outcome}})',
          },
        ]),
      ],
    },
    {
      title: 'Repairs',
      panels: [
        lines(
          { title: 'Open, by phase', description: 'Blocked: pods are in the way. Unknown: a person has to look.' },
          [{ expr: 'phase:nodemend_repairs_open:max', legend: '{{phase}}' }],
        ),
        lines({ title: 'Pods in the way of a drain', description: 'By node; nodemend why NODE names them.' }, [
          { expr: 'node:nodemend_drain_blockers:max', legend: '{{node}}' },
        ]),
        table(
          { title: 'Ended within a day', description: 'By outcome, condition and action.' },
          'outcome_condition_action:nodemend_repairs:increase1d',
          ['__name__'],
        ),
        lines(
          {
            title: 'Time in a phase',
            description: 'Nine of ten repairs left the phase after this time, since the controller started.',
          },
          [{ expr: 'phase:nodemend_repair_phase_seconds:p90', legend: '{{phase}}' }],
          's',
        ),
      ],
    },
    {
      title: 'Controller',
      panels: [
        lines(
          { title: 'Time of a pass', description: 'Nine of ten passes over the cluster were faster.' },
          [
            {
              expr: 'histogram_quantile(0.9, sum by (le, instance) (rate(nodemend_pass_seconds_bucket[$__rate_interval])))',
              legend: '{{instance}}',
            },
          ],
          's',
        ),
        lines({ title: 'Errors', description: 'By what the controller was doing.' }, [
          {
            expr: 'sum by (during) (increase(nodemend_controller_errors_total[$__rate_interval]))',
            legend: '{{during}}',
          },
        ]),
        lines(
          { title: 'Leading and in step', description: 'Each replica: 1 while it leads, 1 while its watches follow.' },
          [
            { expr: 'nodemend_leader', legend: '{{instance}} leads' },
            { expr: 'nodemend_synced', legend: '{{instance}} in step' },
          ],
        ),
        lines({ title: 'Wrong clocks', description: 'Nodes that stamp conditions in the future.' }, [
          { expr: 'max(nodemend_clock_skewed_nodes)', legend: 'nodes' },
        ]),
      ],
    },
  ],
})
