/** `nodemend why NODE`: what was decided about a node, by which rule, what every gate answered, and what would change it. */
import { Command } from 'commander'
import { conditionTypes } from '../../model/condition.ts'
import type { DecisionRecord } from '../../model/decision.ts'
import { nearest } from '../../model/nearest.ts'
import { conditionOf, type NodeView } from '../../model/node.ts'
import { type Attempt, isFinished, targetText } from '../../model/repair.ts'
import { shown } from '../../model/shown.ts'
import type { ProviderName } from '../../providers/providers.ts'
import { kindOf } from '../../repair/act/actions.ts'
import { decide } from '../../repair/decide/decide.ts'
import { type ClusterFlags, clusterApi } from '../cluster/api.ts'
import { providersOption } from '../cluster/providers-option.ts'
import { CommandError, type Io, type OutputFormat } from '../io.ts'
import { outputOption, print } from '../output.ts'
import { askingCluster, withProgress } from '../progress.ts'
import { acknowledgedIn } from './acknowledged.ts'
import { type ClusterView, type NodeNotes, snapshotOf, viewCluster } from './cluster-view.ts'
import type { DecisionText, Explanation, RepairText } from './explanation.ts'
import { stateOf } from './node-state.ts'
import { warningsIn } from './warnings.ts'
import { eventsAbout, momentOf, pastOf, pastText } from './why-at.ts'
import { nowOfDecision, nowOfRepair } from './why-now.ts'
import { whyText } from './why-text.ts'

interface Flags extends ClusterFlags {
  readonly namespace?: string
  readonly leaseName: string
  readonly providers: readonly ProviderName[]
  readonly at?: string
  readonly output: OutputFormat
}

export function whyCommand(io: Io): Command {
  return new Command('why')
    .description('explain what was decided about a node, and what would change it')
    .argument('<node>', 'name of the node')
    .option('--at <TIME>', 'what the records say of a moment that has passed: RFC 3339, or how long ago (90m)')
    .option('--kubeconfig <FILE>', 'how to reach the cluster (default: KUBECONFIG, ~/.kube/config)')
    .option('--context <NAME>', 'context of the kubeconfig')
    .option('--namespace <NAME>', 'namespace of the controller (default: the context’s, else default)')
    .option('--lease-name <NAME>', 'name of the controller’s lease', 'nodemend-controller')
    .addOption(providersOption('what the controller runs, where it has not recorded a decision yet'))
    .addOption(outputOption())
    .action((node: string, flags: Flags) => why(node, flags, io))
}

async function why(name: string, flags: Flags, io: Io): Promise<void> {
  const at = flags.at === undefined ? undefined : momentOf(flags.at, io.clock.now())
  if (flags.at !== undefined && at === undefined) {
    const remedy = 'write a moment that has passed, such as 2026-03-01T12:00:00Z, or how long ago: 90m'
    throw new CommandError('NM_WHY_AT', shown`--at is ${flags.at}: ${remedy}`)
  }
  const { api, namespace = 'default' } = await clusterApi(flags, 'cli', io)
  try {
    const lease = { namespace: flags.namespace ?? namespace, name: flags.leaseName }
    const view = await withProgress(io, askingCluster, () => viewCluster(api, io.clock, lease, flags.providers))
    const data = explain(name, view, io.clock.now())
    if (at !== undefined) {
      const past = pastOf(name, at, view.repairs, await eventsAbout(api, name))
      print(io, flags.output, past, () => pastText(past, io.clock.now(), io.columns))
      return
    }
    print(io, flags.output, data, () => whyText(data, io.clock.now(), io.columns))
  } finally {
    api.close()
  }
}

/** Pure. Throws `NM_WHY_NODE` when neither a node nor a repair of that name is known. */
export function explain(name: string, view: ClusterView, now: number): Explanation {
  const node = view.nodes.find((one) => one.name === name)
  const repairs = view.repairs
    .filter((one) => one.nodeName === name)
    .sort((a, b) => b.createdAt - a.createdAt || b.number - a.number)
  if (!node && repairs.length === 0) {
    const names = [...view.nodes.map((one) => one.name), ...view.repairs.map((one) => one.nodeName)]
    const near = nearest(name, names)
    const meant = near === undefined ? '' : ` is ${near} meant?`
    throw new CommandError(
      'NM_WHY_NODE',
      `no node and no repair of the name ${name};${meant} see: nodemend status --all`,
    )
  }
  const open = repairs.filter((one) => !isFinished(one.phase))
  const current = open.find((one) => one.nodeUid === node?.uid)
  const { leader = null, pause } = view
  const decision = decisionFor(node, current, view, now)
  const state = node ? stateOf(node.conditions, now) : null
  const active = (current ? [current] : open).find((one) => one.phase !== 'Pending')
  return {
    node: name,
    healthy: node ? state === 'healthy' : null,
    state,
    exists: node !== undefined,
    leader,
    conditions: node ? conditionsOf(node, view.notes.get(node.uid)) : [],
    findings: (node && view.reports?.get(name)?.findings) ?? null,
    acknowledged: acknowledgedIn(node && view.notes.get(node.uid)?.acknowledged, now),
    now: active ? nowOfRepair(active, { leader, pause, now }) : decision && nowOfDecision(decision.record, { leader }),
    decision: decision && {
      ...decisionText(decision.record),
      recorded: decision.recorded,
      outdated: (decision.recorded && node && outdatedBy(node, decision.record)) || null,
    },
    repairs: repairs.map(repairText),
  }
}

/** The recorded decision of the open repair; for a sick node without one, the answer that a controller would give now. */
function decisionFor(
  node: NodeView | undefined,
  current: Attempt | undefined,
  view: ClusterView,
  now: number,
): { readonly record: DecisionRecord; readonly recorded: boolean } | null {
  if (current?.decision) return { record: current.decision, recorded: true }
  if (!node) return null
  const snapshot = snapshotOf(view, view.leader !== undefined)
  const found = decide(snapshot, view.policies.policies, view.repairs, now).find((one) => one.nodeUid === node.uid)
  return found && found.outcome !== 'cleared' ? { record: found, recorded: false } : null
}

/** How the condition that the decision is about stands now, where it is another one, or younger than the decision. */
function outdatedBy(node: NodeView, { at, rule }: DecisionRecord): string | undefined {
  if (!rule) return undefined
  const condition = conditionOf(node, rule.condition)
  if (!condition) return `the node carries ${rule.condition} no more`
  const { status, reason, lastTransitionTime } = condition
  const same = status === rule.status && reason === rule.reason && !(Date.parse(lastTransitionTime) > at)
  return same ? undefined : `${rule.condition} is ${status} (${reason}) since ${lastTransitionTime}`
}

function decisionText({ at, outcome, rule, eligibleAt, decidedBy, gates }: DecisionRecord): DecisionText {
  return {
    at: time(at),
    outcome,
    ...(rule && { rule }),
    eligibleAt: eligibleAt === undefined ? null : time(eligibleAt),
    ...(decidedBy !== undefined && { decidedBy }),
    gates,
  }
}

function repairText(attempt: Attempt): RepairText {
  const { drain, plan } = attempt
  const about = plan ?? attempt.decision?.rule
  return {
    name: attempt.name,
    cause: about ? { condition: about.condition, status: about.status, reason: about.reason } : null,
    phase: attempt.phase,
    phases: attempt.phases.map((entry) => ({ ...entry, at: time(entry.at) })),
    approvedBy: attempt.approvedBy ?? null,
    evidence: attempt.evidence ? (attempt.evidence.said ?? 'is being collected') : null,
    drain: drain
      ? {
          evicted: drain.evicted,
          remaining: drain.remaining,
          deadline: time(drain.deadline),
          blockers: drain.blockers.map((one) => `${one.pod}: ${one.reason}`),
          leftBehind: drain.leftBehind,
          lost: drain.lost ?? [],
          notes: drain.notes ?? [],
        }
      : null,
    target: plan
      ? { verb: kindOf(plan.action).words.label, object: `${targetText(plan.target)} (${plan.provider})` }
      : null,
    successor: attempt.successor?.name ?? null,
    proof: attempt.proof ?? null,
    holder: attempt.holder ?? null,
  }
}

function conditionsOf(node: NodeView, notes: NodeNotes | undefined): Explanation['conditions'] {
  const shown: readonly string[] = ['Ready', ...conditionTypes]
  return node.conditions
    .filter((one) => shown.includes(one.type))
    .map(({ type, status, reason, message: cut, lastTransitionTime, lastHeartbeatTime = null }) => {
      const message = notes?.messages[type] ?? cut
      const warnings = status === 'True' ? warningsIn(message) : []
      return { type, status, reason, message, since: lastTransitionTime, reported: lastHeartbeatTime, warnings }
    })
}

function time(ms: number): string {
  return new Date(ms).toISOString()
}
