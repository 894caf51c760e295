/** What may happen in a scenario: one thing an entry. */
import * as z from 'zod'
import { podBudget, podGroup } from './cluster-schema.ts'
import { durationOf, names } from './parts.ts'

const conditionText = z
  .string()
  .regex(/^[\w./-]+=(True|False|Unknown|gone)$/, 'write TYPE=True, False, Unknown or gone')
const httpRemedy = 'write an HTTP status from 400 to 599'
const marks = z.record(z.string(), z.union([z.string(), z.null()]))
const stamp = z.string().regex(/^[+-](\d+(\.\d+)?(ms|s|m|h|d))+$/, 'write an offset such as -2h or +15m')

/** Each of them is the thing that happens. */
const things = {
  condition: conditionText.describe('A condition turns, as its detector writes it.'),
  kubelet: z.enum(['stops', 'starts']).describe('A kubelet goes silent, or comes back.'),
  detector: z.enum(['stops', 'starts']).describe('The agent goes silent: its conditions stay, without heartbeats.'),
  cordon: z.boolean().describe('A person cordons, or takes it back.'),
  taint: z.string().describe('KEY=VALUE:EFFECT of somebody.'),
  untaint: z.string().describe('Key of a taint that somebody removes.'),
  label: marks.describe('Labels that somebody sets; null removes.'),
  annotate: marks.describe('Annotations that somebody sets; null removes.'),
  veto: z.string().describe('true, false, or for how long: 4h.'),
  approve: z.string().describe('Who approves the open repair of the nodes.'),
  forgive: z.string().describe('Who forgives the finished repairs of the nodes.'),
  retract: z.literal(true).describe('The approval is taken back.'),
  deleteRepair: z.literal(true).describe('A person deletes the open NodeRepair.'),
  deleteNode: z.literal(true).describe('Somebody else deletes the Node object, and its machine with it.'),
  recreateNode: z
    .literal(true)
    .describe('The Node object comes back under its name, with another UID and its old conditions.'),
  reboot: z.literal(true).describe('The machine boots anew by itself.'),
  addPods: z.array(podGroup),
  addBudgets: z.array(podBudget),
  deletePods: z.array(z.string()).describe('Names of pods that end by themselves.'),
  deleteBudgets: z.array(z.string()),
  cloud: z.enum(['empty', 'gives']).describe('Whether the cloud has machines; for groups, else for all.'),
  newcomers: conditionText.describe('What each new machine of the groups shows from now on.'),
  bootShows: conditionText.describe('What the nodes show after each boot from now on.'),
  api: z.enum(['away', 'back']).describe('The API server.'),
  refuse: z
    .strictObject({
      call: z.string().describe('VERB RESOURCE, e.g. evict pods, delete nodes, list leases.'),
      status: z.int().min(400, httpRemedy).max(599, httpRemedy),
      message: z.string().default('refused by the scenario'),
      retryAfter: z.int().min(1).optional(),
      times: z.int().min(1).optional().describe('So often; else until stopped.'),
    })
    .describe('The API server refuses calls.'),
  stopRefusing: z.literal(true),
  leader: z.enum(['lost', 'won']).describe('The leader lease of the controller.'),
  controller: z.enum(['killed', 'started']).describe('The controller process.'),
  clock: stamp.describe('The wall clock of the controller is set.'),
  pause: z.string().describe('Why a person pauses the whole controller; off ends it.'),
  policies: z.record(z.string(), z.union([z.record(z.string(), z.unknown()), z.null()])),
  apply: z
    .looseObject({ kind: z.string(), count: z.int().min(1).max(1_000).optional() })
    .describe('An object, as kubectl applies it.'),
  remove: z.looseObject({ kind: z.string() }).describe('An object that is deleted, by kind and metadata.name.'),
}
export const thingNames = Object.keys(things) as (keyof typeof things)[] // the keys of the literal

const optionalThings = Object.fromEntries(
  Object.entries(things).map(([name, schema]) => [name, schema.optional()]),
) as { [Name in keyof typeof things]: z.ZodOptional<(typeof things)[Name]> } // the same keys

export const eventSchema = z
  .strictObject({
    at: durationOf('When, since the start.'),
    every: durationOf('Again after each such time, while its nodes exist …').optional(),
    until: durationOf('… up to this moment.').optional(),
    nodes: names('The nodes that it is about.').optional(),
    groups: names('The groups that it is about.').optional(),
    reason: z.string().optional().describe('Reason of the condition.'),
    message: z.string().optional().describe('Message of the condition.'),
    stamp: stamp.optional().describe('The condition’s own times are off by this.'),
    heartbeat: z.boolean().default(true).describe('False: the detector writes no heartbeat at all.'),
    after: durationOf('How long after a newcomer joined, or a boot.').default('1m'),
    ...optionalThings,
  })
  .superRefine((event, context) => {
    const given = thingNames.filter((name) => event[name] !== undefined)
    if (given.length === 1) return
    const one = `nothing happens in it: write one of ${thingNames.join(', ')}`
    context.addIssue(given.length === 0 ? one : `${given.join(' and ')} in one entry: write an entry for each`)
  })
  .describe('Something that happens.')

export type ScenarioEvent = z.output<typeof eventSchema>
