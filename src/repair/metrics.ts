/** Every metric of the controller, as a literal list; docs/reference/metrics.md is generated from it. */
import type { Intervention } from '../model/action.ts'
import { isFinished, phases } from '../model/repair.ts'
import type { Counter, Gauge, Labels, Registry } from '../telemetry/exposition.ts'

export type ControllerMetrics = ReturnType<typeof createMetrics>

/** A kind of repair that a policy can lead to. */
export interface RepairKind {
  readonly condition: string
  readonly action: Intervention
}

/** What the controller may be doing when an error comes: the values of a label. */
const errorOccasions = [
  'watching',
  'moving stamps with the clock',
  'judging policies',
  'reading kubelet leases',
  'reading the settings of Karpenter',
  'recording a decision',
  'asking a provider for its target',
  'advancing a repair',
  'letting go of a record',
  'removing an old record',
  'removing a stray taint',
  'removing pods of ended repairs',
  'writing life-cycle conditions',
  'answering health checks',
] as const
export type ErrorOccasion = (typeof errorOccasions)[number]

const outcomes = phases.filter(isFinished)

/** `expected`: what the policies in force can lead to, called at each rendering; their counters begin at 0. */
export function createMetrics(registry: Registry, expected: () => readonly RepairKind[]) {
  const gauge = (name: string, help: string): Gauge => registry.gauge({ name, help })
  const counter = (name: string, help: string, known: () => readonly Labels[]): Counter =>
    registry.counter({ name, help, known })
  return {
    open: gauge('nodemend_repairs_open', 'Repairs that are not finished, by phase.'),
    repairs: counter('nodemend_repairs_total', 'Finished repairs by outcome, condition and action.', () => {
      const kinds = new Map(expected().map((one) => [`${one.condition} ${one.action}`, one]))
      return outcomes.flatMap((outcome) => [...kinds.values()].map((kind) => ({ outcome, ...kind })))
    }),
    phaseSeconds: registry.histogram({
      name: 'nodemend_repair_phase_seconds',
      help: 'How long repairs stayed in a phase.',
      buckets: [1, 5, 15, 60, 300, 900, 1800, 3600],
    }),
    decided: gauge('nodemend_decisions', 'Sick nodes by the outcome of the last pass and the gate that decided.'),
    blockedPods: gauge('nodemend_drain_blockers', 'Pods in the way of a drain, by node.'),
    vetoed: gauge('nodemend_vetoed_nodes', 'Sick nodes that a veto protects.'),
    stale: gauge('nodemend_stale_conditions', 'Sick nodes whose condition nobody asserts any more.'),
    frozen: gauge(
      'nodemend_frozen',
      '1 while this controller leads and does nothing, because its watches or the kubelet leases cannot be trusted.',
    ),
    skewed: gauge('nodemend_clock_skewed_nodes', 'Nodes whose conditions carry stamps of the future.'),
    leader: gauge('nodemend_leader', '1 while this controller leads.'),
    synced: gauge('nodemend_synced', '1 while every watch follows the API server.'),
    policies: gauge('nodemend_policies', 'Policies by state: one refused policy keeps the last good set in force.'),
    passSeconds: registry.histogram({
      name: 'nodemend_pass_seconds',
      help: 'Time of one pass over the cluster.',
      buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 15],
    }),
    errors: counter('nodemend_controller_errors_total', 'Errors of the controller by what it was doing.', () =>
      errorOccasions.map((during) => ({ during })),
    ),
  }
}
