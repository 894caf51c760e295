/**
 * The spec of a RepairPolicy as users write it: the source of the CRD, of the defaults and of the checks. Flat and
 * without unions, because a CRD needs a structural schema; what a schema cannot say is checked in `parse.ts`.
 */
import * as z from 'zod'
import { parseDuration } from '../../catalog/duration.ts'
import { actions } from '../../model/action.ts'
import { budgetScopes, modes } from '../../model/policy.ts'
import { providerKinds, providerNames } from '../../providers/providers.ts'
import { budgetRules, matchRules, policyRules } from './rules.ts'

/** `90s`, `15m`, `1h30m`; the digits keep each part below some months, because a CRD cannot compare durations. */
const durationText = /^([0-9]{1,10}ms|[0-9]{1,7}s|[0-9]{1,5}m|[0-9]{1,3}h|[0-9]{1,2}d)+$/
/** Longer is a slip of the pen, and above 24 days no timer of Node takes it. */
const longestText = '14d'
const longestMs = parseDuration(longestText) ?? 0
const durationRemedy = `write a duration such as 90s, 15m or 1h30m, at most ${longestText}`
const quantityRemedy = 'write a count such as 2, or a share from 0% to 100%'
/** Karpenter's grammar: a count, or 0 – 100 %. */
export const quantityText = /^((100|[0-9]{1,2})%|[0-9]+)$/
/** Karpenter's limit. */
const mostBudgets = 50
const mostMatches = 64
/** So many machines of one lineage are taken within a day, however the policy is written. */
export const mostAttempts = 3

const duration = (describe: string) =>
  z
    .string()
    .regex(durationText, { error: durationRemedy, abort: true })
    .max(32, durationRemedy)
    .refine((text) => (parseDuration(text) ?? 0) <= longestMs, durationRemedy)
    .describe(describe)
const quantity = (describe: string) =>
  z.string().regex(quantityText, quantityRemedy).max(8, quantityRemedy).describe(describe)

const match = z
  .object({
    condition: z.string().min(1).max(316).describe('Type of the node condition, e.g. KernelReady.'),
    status: z.enum(['True', 'False', 'Unknown']).default('False').describe('Status that counts as sick.'),
    reason: z
      .string()
      .min(1)
      .max(1024)
      .optional()
      .describe('RE2 pattern that the whole reason must match. A match with a reason silences those without one.'),
  })
  .meta(matchRules)

const drain = z.object({
  timeout: duration('How long pods may take to leave.').default('15m'),
  onTimeout: z
    .enum(['Abort', 'ProceedWithout', 'ForceDelete'])
    .default('Abort')
    .describe('What happens then: put everything back, go on without the rest, or delete the rest.'),
  pdb: z
    .enum(['Respect', 'RespectUntilDeadline'])
    .default('Respect')
    .describe('Whether a drain whose time is up may go over a PodDisruptionBudget; Respect then aborts it.'),
  gracePeriodSeconds: z.int().min(1).max(86400).optional().describe('Upper limit for the grace period of a pod.'),
  blockedAfter: duration('Blocked for this long, the repair lends its budget slot to the next node.').default('15m'),
  waitForJobs: duration(
    'How long pods with restartPolicy Never or OnFailure may run on to their own end; evicted at once when absent.',
  ).optional(),
  volumes: duration('How long volumes may take to detach once their pods have left; 5m when absent.').optional(),
  saveState: duration(
    'Most time that a pod with annotation nodemend.dev/save-state-for gets; 10m when absent.',
  ).optional(),
  leaveLoadBalancers: duration(
    'The node leaves load balancers this long before the first eviction; it stays in them when absent.',
  ).optional(),
  oneByOne: z.boolean().optional().describe('Pods of one StatefulSet that have volumes leave one after the other.'),
})

/** Karpenter's grammar: hours and minutes. */
const spanText = /^([0-9]{1,4}h([0-9]{1,5}m)?|[0-9]{1,6}m)(0s)?$/
const spanRemedy = 'write hours and minutes such as 30m, 8h or 1h30m'
const cronText = /^(@(annually|yearly|monthly|weekly|daily|midnight|hourly)|\S+\s+\S+\s+\S+\s+\S+\s+\S+)$/
const cronRemedy = 'write five fields (minute, hour, day of the month, month, day of the week) or a macro like @daily'
const zoneText = /^[A-Za-z][A-Za-z0-9_+/-]*$/
const zoneRemedy = 'write an IANA name such as Europe/Berlin or Asia/Seoul'

const schedule = z.string().max(256, cronRemedy).regex(cronText, cronRemedy)
const span = z
  .string()
  .max(32, spanRemedy)
  .regex(spanText, spanRemedy)
  .refine((text) => (parseDuration(text) ?? 0) > 0, spanRemedy)
const timeZone = z
  .string()
  .max(64, zoneRemedy)
  .regex(zoneText, zoneRemedy)
  .describe('IANA name of the time zone of the schedule; UTC when absent.')

const mostWindows = 16

const window = z.object({
  schedule: schedule.describe('When it opens: five cron fields, or a macro such as @daily.'),
  duration: span.describe('How long it is open from then on, in hours and minutes.'),
  timeZone: timeZone.optional(),
})

const evidence = z.object({
  keep: z
    .enum(['None', 'Node', 'Claim'])
    .default('None')
    .describe(
      'Where logs and states of the node are kept before its pods leave for a Reboot or a Replace: nowhere, in /var/lib/nodemend/evidence of the node, or in a claim.',
    ),
  claim: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'write the name of a PersistentVolumeClaim')
    .max(253)
    .optional()
    .describe('PersistentVolumeClaim in the namespace of the controller that every node can mount; for keep: Claim.'),
  timeout: duration('After this the repair goes on without it.').default('2m'),
})

const budget = z
  .object({
    nodes: quantity('Most nodes disrupted at once: a count or a share of those that it counts, rounded up.'),
    reasons: z
      .array(z.enum(['Unhealthy', 'Drifted', 'Empty', 'Underutilized']))
      .max(4)
      .optional()
      .describe('Disruptions it limits; all when absent. A repair is Unhealthy.'),
    schedule: schedule
      .optional()
      .describe('When it begins to limit: five cron fields, or a macro such as @daily. Absent: it always limits.'),
    duration: span.optional().describe('How long it limits from then on, in hours and minutes.'),
    timeZone: timeZone.optional(),
    scope: z
      .enum(budgetScopes)
      .optional()
      .describe(
        'Which nodes it counts: those that the policy selects (Selected, when absent), or all of the node’s pool, zone, image, instance type or label value, or of the cluster.',
      ),
    label: z
      .string()
      .min(1)
      .max(316)
      .optional()
      .describe('With scope Label: the label whose value is the place, for example that of the rack.'),
  })
  .meta(budgetRules)

const breaker = z.object({
  share: quantity('Share of a pool that may be unhealthy; above it nothing more is started there.').default('20%'),
  rate: quantity('Share of a pool that may turn unhealthy with one reason within the window.').default('10%'),
  window: duration('Window of rate.').default('5m'),
  minNodes: z
    .int()
    .min(0)
    .max(1000)
    .default(5)
    .describe('Pools of at most this size: no breaker, one repair at a time.'),
})

const restraint = z.object({
  dwell: duration('How long the replacement must stay ready and healthy to prove the repair.').default('5m'),
  join: duration('How long a new machine may take to join, or a rebooted one to come back.').default('20m'),
})

const rung = z.object({
  action: z.enum(actions).describe('What is done.'),
  attempts: z
    .int()
    .min(1)
    .max(mostAttempts)
    .optional()
    .describe('How often within a day on one node and its successors; 1, and 3 for the last rung.'),
})

function providersText(): string {
  const known = providerNames.map((name) => `${name}, for ${providerKinds[name].says}`)
  return ['auto, the first that can', ...known].join('; ')
}

export const policySpec = z
  .object({
    mode: z.enum(modes).default('Observe').describe('Look only, ask a person, or act.'),
    paused: z.boolean().default(false).describe('Nothing new is started while true.'),
    nodeSelector: z
      .record(z.string(), z.string())
      .default({})
      .describe('Labels of the nodes it is for; all when empty.'),
    match: z.array(match).min(1).max(mostMatches).describe('What counts as sick.'),
    precedence: z
      .int()
      .min(0)
      .max(100)
      .default(0)
      .describe(
        'Of several policies that match one condition of a node, the highest counts; then the most careful mode.',
      ),
    toleration: duration('How long it is put up with; 10m for AcceleratedHardwareReady, else 30m.').optional(),
    ladder: z
      .array(rung)
      .min(1)
      .max(actions.length)
      .optional()
      .describe(
        'What is done about it, from the least disruptive to the most; the next rung follows where one failed.',
      ),
    action: z.enum(actions).optional().describe('A ladder of one rung: write either.'),
    strategy: z.enum(['DeleteFirst']).optional().describe('Deprecated and without effect: the only order there is.'),
    provider: z
      .enum(['auto', ...providerNames])
      .default('auto')
      .describe(`Who acts on the node: ${providersText()}.`),
    drain: drain.prefault({}).describe('How pods leave the node.'),
    evidence: evidence.prefault({}).describe('What is kept of a node before its machine is rebooted or replaced.'),
    budgets: z
      .array(budget)
      .min(1)
      .max(mostBudgets)
      .default([{ nodes: '10%' }])
      .describe('The smallest one counts, and those of Karpenter’s NodePools count, too.'),
    windows: z
      .array(window)
      .min(1)
      .max(mostWindows)
      .optional()
      .describe('Maintenance windows: repairs begin while one of them is open; at any time when absent.'),
    breaker: breaker.prefault({}).describe('When the fleet, not the node, is the problem.'),
    restraint: restraint.prefault({}).describe('When a repair counts as proven.'),
  })
  .meta(policyRules)

/** A policy's spec with every default filled in. */
export type PolicySpec = z.output<typeof policySpec>
