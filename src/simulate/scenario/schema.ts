/** A scenario file as operators write it: the source of its JSON schema, of its defaults and of its checks. */
import * as z from 'zod'
import { parseDuration } from '../../catalog/duration.ts'
import { phases } from '../../model/repair.ts'
import { clusterSchema, type podBudget, type podGroup } from './cluster-schema.ts'
import { eventSchema } from './event-schema.ts'
import { durationOf, names } from './parts.ts'

const instant = durationOf('When, since the start: 0s, 90s, 1h30m.')

const counters = z
  .strictObject({
    machines: z.int().min(0).optional().describe('Machines taken away or rebooted so far.'),
    started: z.int().min(0).optional().describe('Repairs that have ever left Pending for more than a record.'),
    inFlight: z.int().min(0).optional().describe('Repairs that hold a budget slot now.'),
    succeeded: z.int().min(0).optional(),
    failed: z.int().min(0).optional(),
    cancelled: z.int().min(0).optional(),
    blocked: z.int().min(0).optional().describe('Repairs in phase Blocked now.'),
    records: z.int().min(0).optional().describe('NodeRepair objects that exist now.'),
    nodes: z.int().min(0).optional().describe('Node objects that exist now.'),
    ready: z.int().min(0).optional().describe('Nodes that are Ready and not cordoned.'),
  })
  .describe('Numbers, exactly.')

export const outcomes = ['act', 'would-act', 'wait', 'refuse', 'no-action', 'cleared', 'none'] as const
const steps = [...phases, 'none'] as const

const expectation = z
  .strictObject({
    at: instant,
    nodes: names('The nodes that the facts are about; each must have them.').optional(),
    outcome: z.enum(outcomes).optional().describe('Of the decision on record; none without a record.'),
    gate: z.string().optional().describe('The gate that decided.'),
    gates: z
      .record(z.string(), z.enum(['allow', 'wait', 'refuse']))
      .optional()
      .describe('What single gates answer.'),
    action: z.string().optional().describe('What is or would be done.'),
    policy: z.string().optional().describe('The policy whose rule counts.'),
    phase: z.enum(steps).optional().describe('Of the newest repair of the node; none without a record.'),
    says: z.string().optional().describe('Words that the newest record of the node contains anywhere.'),
    exists: z.boolean().optional().describe('Whether the Node object exists.'),
    cordoned: z.boolean().optional().describe('Whether the node is cordoned.'),
    tainted: z.boolean().optional().describe('Whether our repair taint is on the node.'),
    taints: z.array(z.string()).optional().describe('Keys of the taints on the node, exactly, in any order.'),
    pods: z.array(z.string()).optional().describe('Pods on the nodes that are not being deleted, exactly, by name.'),
    hasPods: z.array(z.string()).optional().describe('Pods that are among those on the nodes.'),
    lacksPods: z.array(z.string()).optional().describe('Pods that are not on the nodes.'),
    count: counters.optional(),
    refused: z.array(z.string()).optional().describe('Policies whose status says that they are not accepted, exactly.'),
    event: z.string().optional().describe('Reason of an Event that the controller has told by then.'),
  })
  .describe('What must be so at a moment.')

const never = z
  .strictObject({
    machines: z.int().min(0).optional().describe('More machines than this are taken away or rebooted.'),
    inFlight: z.int().min(0).optional().describe('More repairs than this hold a budget slot at once.'),
    actedOn: names('These nodes are taken away or rebooted.').optional(),
    started: names('A repair of these nodes begins.').optional(),
    phase: z.enum(phases).optional().describe('Some repair is in this phase.'),
    deleted: z.array(z.string()).optional().describe('These pods are deleted.'),
    ready: z.int().min(0).optional().describe('Fewer nodes than this are Ready and not cordoned.'),
  })
  .describe('What must not happen at any moment of the run.')

export const scenarioSchema = z.strictObject({
  scenario: z.string().min(1).max(120).describe('What it shows, as a title.'),
  source: z.string().optional().describe('Where it comes from: an issue, an incident, a rule of yours.'),
  why: z.string().optional().describe('Why this is the right behaviour.'),
  start: z.iso.datetime().default('2026-03-02T09:00:00Z').describe('Wall clock at the start, UTC.'),
  policies: z
    .record(z.string(), z.record(z.string(), z.unknown()))
    .default({})
    .describe('Specs of RepairPolicies by name, as kubectl would apply them.'),
  cluster: clusterSchema.prefault({}).describe('What is there at the start.'),
  settle: durationOf('How long the controller settles after an outage.').default('5m'),
  timeline: z.array(eventSchema).default([]).describe('What happens, in any order.'),
  expect: z.array(expectation).default([]).describe('What must be so, and when.'),
  never: z.array(never).default([]).describe('What must not happen.'),
  end: instant.optional().describe('How long the run is; to the last moment named, when absent.'),
})

const spec = z.record(z.string(), z.unknown())

export const defaultsSchema = z
  .strictObject({
    defaults: z.strictObject({
      policy: spec
        .optional()
        .describe(
          'What every policy of the scenarios after it has, unless it says otherwise; null says: not that field.',
        ),
    }),
  })
  .describe('What the scenarios after it in the file have in common.')

export const policyDocument = z
  .looseObject({
    kind: z.literal('RepairPolicy'),
    metadata: z.looseObject({ name: z.string().min(1) }),
    spec,
  })
  .describe('A RepairPolicy as kubectl applies it: in force in every scenario that has no policies of its own.')

export type Scenario = z.output<typeof scenarioSchema>
export type Expectation = z.output<typeof expectation>
export type Never = z.output<typeof never>
export type Counters = z.output<typeof counters>
export type PodGroup = z.output<typeof podGroup>
export type PodBudget = z.output<typeof podBudget>

/** Milliseconds of a duration that the schema has checked. */
export function ms(text: string): number {
  return parseDuration(text) ?? 0
}

/** Milliseconds from the start to the last moment that the scenario names. */
export function endOf(scenario: Scenario): number {
  if (scenario.end !== undefined) return ms(scenario.end)
  const moments = [...scenario.timeline, ...scenario.expect].map(({ at }) => ms(at))
  return Math.max(0, ...moments)
}
