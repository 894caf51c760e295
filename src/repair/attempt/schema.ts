/** The NodeRepair object: one attempt and its audit trail. Flat and without unions, see `policy/schema.ts`. */
import * as z from 'zod'
import { actions, interventions } from '../../model/action.ts'
import { modes } from '../../model/policy.ts'
import { phases } from '../../model/repair.ts'

const text = (most = 1024) => z.string().max(most)
const time = () => z.string().max(40).describe('RFC 3339 with milliseconds.')
/** What the record keeps of a `why`, a `change` or a proof, characters. */
export const longText = 4096

const sighting = z.object({
  policy: text(253),
  condition: text(316),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: text(),
  observedSince: time().describe('Our own first sighting; foreign stamps can only move it later.'),
  transition: time().optional().describe('A later change between two sick statuses, which is no recovery.'),
  drill: z
    .boolean()
    .optional()
    .describe('Injected evidence alone was seen: a real fault is tolerated from its own start.'),
})

const rule = z.object({
  policy: text(253),
  generation: z.int().min(0),
  mode: z.enum(modes),
  action: z.enum(actions),
  condition: text(316),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: text(),
})

const gate = z.object({
  gate: text(63),
  answer: z.enum(['allow', 'wait', 'refuse']),
  why: text(longText),
  change: text(longText).optional().describe('What would turn the answer into allow.'),
})

const decision = z.object({
  at: time(),
  outcome: z.enum(['act', 'would-act', 'wait', 'refuse', 'no-action', 'cleared']),
  rule: rule.optional(),
  eligibleAt: time().optional(),
  decidedBy: text(63).optional().describe('The first gate that did not allow.'),
  gates: z.array(gate).max(64).describe('Every gate in order, with its answer.'),
})

const drainLimits = z.object({
  timeout: text(32),
  onTimeout: z.enum(['Abort', 'ProceedWithout', 'ForceDelete']),
  pdb: z.enum(['Respect', 'RespectUntilDeadline']),
  gracePeriodSeconds: z.int().min(1).optional(),
  blockedAfter: text(32),
  waitForJobs: text(32).optional(),
  volumes: text(32).optional(),
  saveState: text(32).optional(),
  leaveLoadBalancers: text(32).optional(),
  oneByOne: z.boolean().optional(),
})

const evidencePlan = z.object({
  keep: z.enum(['Node', 'Claim']),
  claim: text(253).optional(),
  timeout: text(32),
})

const plan = z
  .object({
    policy: text(253),
    generation: z.int().min(0),
    action: z.enum(interventions),
    provider: text(63),
    targetKind: text(63),
    targetNamespace: text(63).optional(),
    targetName: text(253),
    targetUID: text(64),
    condition: text(316),
    status: z.enum(['True', 'False', 'Unknown']),
    reason: text(),
    drain: drainLimits,
    evidence: evidencePlan.optional().describe('Collected from the node before its pods leave.'),
    dwell: text(32),
    join: text(32).optional(),
  })
  .describe('What was decided at admission; later edits of the policy do not change it.')

const blocker = z.object({
  pod: text(320),
  kind: z.enum(['budget', 'protected', 'stuck', 'refused', 'returned']),
  reason: text(),
  budgets: z.array(text(320)).max(32),
})

const drain = z.object({
  startedAt: time(),
  deadline: time(),
  evicted: z.int().min(0),
  remaining: z.int().min(0),
  blockedSince: time().optional(),
  blockers: z.array(blocker).max(64),
  leftBehind: z.array(text(longText)).max(64).describe('Pods that were left on the node on purpose, and why.'),
  lost: z.array(text(longText)).max(64).optional().describe('Pods without a controller: nothing starts them again.'),
  emptiedAt: time().optional().describe('When the last pod had left while volumes were still attached.'),
  notes: z.array(text(longText)).max(64).optional().describe('What else people should know about the pods.'),
})

const phaseEntry = z.object({ phase: z.enum(phases), at: time(), why: text(longText) })

export const attemptSpec = z.object({
  nodeName: text(253),
  nodeUID: text(64),
  providerID: text().optional(),
  bootID: text(64).optional(),
  nodeLabels: z.record(z.string(), z.string()).default({}).describe('Labels of the node, kept for when it is gone.'),
  attempt: z.int().min(1).describe('Counts the attempts on this node.'),
})

export const attemptStatus = z.object({
  phase: z.enum(phases).optional(),
  phases: z.array(phaseEntry).max(256).optional(),
  deadline: time().optional().describe('When the phase ends by itself.'),
  sightings: z.array(sighting).max(256).optional(),
  decision: decision.optional(),
  approvedFor: rule.optional().describe('What the record said when it was approved.'),
  plan: plan.optional(),
  taintedAt: time().optional(),
  evidenceSince: time().optional().describe('When the collection of evidence was put on record, before it began.'),
  evidence: text(longText).optional().describe('What was kept of the node, where and how large, or why nothing was.'),
  drain: drain.optional(),
  callAt: time().optional().describe('When a call without a trace was put on record, before it was sent: once.'),
  callBootID: text(64).optional().describe('Boot id of the node at that moment.'),
  successorName: text(253).optional().describe('The node on which the repair is proven.'),
  successorUID: text(64).optional(),
  successorSince: time().optional().describe('What was said about it before that proves nothing.'),
  replacementName: text(253).optional().describe('As successorName, for version 0.1.0.'),
  replacementUID: text(64).optional().describe('As successorUID, for version 0.1.0.'),
  healthySince: time().optional(),
  proof: text(longText).optional(),
  trouble: text(longText).optional().describe('What the API server forbade in this phase, or what a new node lacks.'),
  holder: text(253).optional(),
  fencingToken: z.int().min(0).optional().describe('Changes of leader so far: the higher one wins.'),
})

/** What the API server checks on writes, and we on reads. */
export const attemptObject = z.object({ spec: attemptSpec, status: attemptStatus.optional() })

export type AttemptSpec = z.output<typeof attemptSpec>
export type AttemptStatus = z.output<typeof attemptStatus>
