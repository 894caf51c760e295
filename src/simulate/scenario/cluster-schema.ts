/** What is in a scenario's cluster at the start. */
import * as z from 'zod'
import { providerNames } from '../../providers/providers.ts'
import { durationOf, labels, names } from './parts.ts'

const owners = ['none', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'Node'] as const

export const podGroup = z
  .strictObject({
    name: z.string().min(1).describe('Name of the pod; with count, NAME-0, NAME-1, …'),
    namespace: z.string().default('default'),
    nodes: names('The nodes; count pods on each.'),
    count: z.int().min(1).max(500).default(1),
    labels: labels.optional().describe('app: NAME when absent.'),
    annotations: labels.default({}),
    owner: z
      .enum(owners)
      .default('ReplicaSet')
      .describe('Who starts it again; a ReplicaSet does elsewhere, Node is a static pod.'),
    tolerates: z
      .enum(['nothing', 'all', 'our-taint'])
      .default('nothing')
      .describe('Taints that it tolerates; our-taint is the one of a repair.'),
    grace: z.int().min(0).default(1).describe('terminationGracePeriodSeconds.'),
    ends: durationOf('How long it takes to end, at most its grace.').default('1s'),
    critical: z.boolean().default(false).describe('Priority class system-cluster-critical.'),
    phase: z.enum(['Running', 'Pending', 'Succeeded', 'Failed']).default('Running'),
    emptyDir: z.boolean().default(false).describe('It has an emptyDir volume.'),
    stuck: z.boolean().default(false).describe('It never ends: a finaliser holds it.'),
    unready: z.boolean().default(false).describe('It runs and is not Ready.'),
  })
  .describe('Pods on nodes.')

export const podBudget = z
  .strictObject({
    name: z.string().min(1),
    namespace: z.string().default('default'),
    labels: labels.describe('Labels of its pods.'),
    maxUnavailable: z.union([z.int().min(0), z.string()]).optional(),
    minAvailable: z.union([z.int().min(0), z.string()]).optional(),
  })
  .describe('A PodDisruptionBudget.')

const taintText = z
  .string()
  .regex(/^[^=:\s]+(=[^:\s]*)?:(NoSchedule|PreferNoSchedule|NoExecute)$/, 'write KEY=VALUE:EFFECT or KEY:EFFECT')

const group = z
  .strictObject({
    size: z.int().min(0).max(10_000).default(4).describe('Its machines are GROUP-1, GROUP-2, …; new ones count on.'),
    labels: labels.default({}),
    taints: z.array(taintText).default([]),
    zones: z.array(z.string()).default([]).describe('Zones, in turn.'),
    replaceAfter: durationOf('From the loss of a machine to the next one’s Node.').default('90s'),
    detector: z.boolean().default(true).describe('An agent on each node reports the conditions of the policies.'),
  })
  .describe('Machines of one kind; the group keeps its size.')

export const clusterSchema = z.strictObject({
  groups: z.record(z.string(), group).default({ pool: group.parse({}) }),
  pods: z.array(podGroup).default([]),
  budgets: z.array(podBudget).default([]),
  objects: z
    .array(z.looseObject({ kind: z.string(), count: z.int().min(1).max(1_000).optional() }))
    .default([])
    .describe('Other objects, as kubectl applies them; with count so many, where {n} is 1, 2, 3, …'),
  providers: z
    .array(z.enum(providerNames as [string, ...string[]])) // the literal's keys: never empty
    .default(['embedded'])
    .describe('Who acts on machines; embedded is the model of any cloud.'),
  karpenterNodeRepair: z.enum(['on', 'off']).default('off').describe('Whether Karpenter repairs nodes itself.'),
})

export type ClusterGiven = z.output<typeof clusterSchema>
