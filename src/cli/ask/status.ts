/** `nodemend status`: which nodes are sick, what is being done about them, and which policies are in force. */
import { Command } from 'commander'
import { conditionTypes } from '../../model/condition.ts'
import type { NodeView } from '../../model/node.ts'
import type { HealthFinding } from '../../model/node-health.ts'
import { type Attempt, isFinished, phaseSince } from '../../model/repair.ts'
import { apiHealth } from '../../repair/decide/gates/api-health.ts'
import { describeError, type ParsedPolicies, type RepairPolicyObject } from '../../repair/policy/parse.ts'
import { type ClusterFlags, clusterApi } from '../cluster/api.ts'
import { CommandError, exitCodes, type Io, type OutputFormat } from '../io.ts'
import { outputOption, print } from '../output.ts'
import { askingCluster, withProgress } from '../progress.ts'
import { acknowledgedIn } from './acknowledged.ts'
import type { ClusterStatus, NodeStatus, RepairStatus } from './cluster-status.ts'
import { type ClusterView, viewCluster } from './cluster-view.ts'
import { type HeldUp, heldUp, isToldFirst } from './held-up.ts'
import { gravest, stateOf, unwatched } from './node-state.ts'
import { statusText } from './status-text.ts'
import { warningsIn } from './warnings.ts'
import { nowOfDecision } from './why-now.ts'

interface Flags extends ClusterFlags {
  readonly namespace?: string
  readonly leaseName: string
  readonly all?: boolean
  readonly check?: boolean
  readonly output: OutputFormat
}

export function statusCommand(io: Io): Command {
  return new Command('status')
    .description('show sick nodes, open repairs and policies')
    .option('--kubeconfig <FILE>', 'how to reach the cluster (default: KUBECONFIG, ~/.kube/config)')
    .option('--context <NAME>', 'context of the kubeconfig')
    .option('--namespace <NAME>', 'namespace of the controller (default: the context’s, else default)')
    .option('--lease-name <NAME>', 'name of the controller’s lease', 'nodemend-controller')
    .option('--all', 'list every node: healthy ones, too, and all that are sick')
    .option('--check', 'end with 1 unless a controller leads and an agent reports on every ready node')
    .addOption(outputOption())
    .action((flags: Flags) => status(flags, io))
}

async function status(flags: Flags, io: Io): Promise<void> {
  const { api, namespace = 'default' } = await clusterApi(flags, 'cli', io)
  try {
    const lease = { namespace: flags.namespace ?? namespace, name: flags.leaseName }
    const view = await withProgress(io, askingCluster, () => viewCluster(api, io.clock, lease, []))
    const data = summarise(view, io.clock.now())
    const columns = io.columns
    print(io, flags.output, data, () => statusText(data, { all: flags.all ?? false, now: io.clock.now(), columns }))
    if (flags.check) checkInstallation(data)
  } finally {
    api.close()
  }
}

/** Names at most this many nodes. */
const mostNamed = 5

/** Whether every program does its work, which says nothing about the health of nodes. Throws `NM_STATUS_CHECK`. */
function checkInstallation({ controller, nodes }: ClusterStatus): void {
  const alone = nodes.filter(({ state }) => state === 'no-agent').map(({ name }) => name)
  const named = alone.length > mostNamed ? [...alone.slice(0, mostNamed), `${alone.length - mostNamed} more`] : alone
  const wrong = [
    ...(controller.leader === null ? ['no controller leads'] : []),
    ...(alone.length > 0 ? [`no agent reports on ${named.join(', ')}`] : []),
  ]
  if (wrong.length > 0) throw new CommandError('NM_STATUS_CHECK', wrong.join('; '), exitCodes.unhealthy)
}

/** Pure; nodes sick first, healthy ones last, then by name. `now` is our clock. */
export function summarise(view: ClusterView, now: number): ClusterStatus {
  const open = view.repairs.filter((one) => !isFinished(one.phase))
  const leader = view.leader ?? null
  const held = heldUp({ installed: view.installed, leader, pause: view.pause, open })
  return {
    controller: {
      installed: view.installed,
      leader,
      paused: { state: view.pause.state, why: view.pause.state === 'off' ? null : view.pause.why },
      settling: settlingOf(open),
    },
    heldUp: held,
    nodes: view.nodes.map((node) => nodeStatus(node, open, view, now)).sort(sickFirst),
    repairs: [...open].sort((a, b) => (a.name < b.name ? -1 : 1)).map((one) => repairStatus(one, leader, held)),
    policies: view.policyObjects.map((object) => policyStatus(object, view.policies)),
  }
}

/** Nothing but its decisions tells how the controller sees the API server; those about repairs under way are old. */
function settlingOf(open: readonly Attempt[]): string | null {
  const said = open
    .filter((one) => one.phase === 'Pending')
    .flatMap(({ decision }) => decision?.gates.find((one) => one.gate === apiHealth.name) ?? [])
  return said.find((one) => one.answer !== 'allow')?.why ?? null
}

/** Mistakes are looked for here and now; whether it is in force, only the controller knows, and has written down. */
function policyStatus(object: RepairPolicyObject, { errors }: ParsedPolicies): ClusterStatus['policies'][number] {
  const { metadata, spec, status } = object
  const given = (spec ?? {}) as { mode?: string; action?: string; ladder?: { action?: string }[] } // read for display only; parsePolicies checks it
  const own = errors.filter((error) => error.policy === metadata.name)
  const recorded = status?.conditions?.find((one) => one.type === 'InForce')
  const judged = recorded?.observedGeneration === metadata.generation ? recorded : undefined
  const inForce = own.length === 0 && judged?.status === 'True'
  const said = judged ? judged.message : 'no controller has judged this version yet'
  return {
    name: metadata.name ?? '',
    mode: given.mode ?? 'Observe',
    ladder: (given.ladder ?? [given]).flatMap((rung) => rung.action ?? []),
    accepted: own.length === 0,
    inForce,
    trouble: own.length > 0 ? own.map(describeError).join('; ') : inForce && judged.reason === 'InForce' ? null : said,
  }
}

/** What is told of nodes beside what decisions need. */
type Told = Pick<ClusterView, 'notes' | 'reports'>

function nodeStatus(node: NodeView, open: readonly Attempt[], { notes: all, reports }: Told, now: number): NodeStatus {
  const notes = all.get(node.uid)
  const ours: readonly string[] = conditionTypes
  const conditions = node.conditions
    .filter((one) => one.type === 'Ready' || ours.includes(one.type))
    .map(({ type, status, reason, lastTransitionTime }) => ({
      type,
      status,
      reason,
      since: lastTransitionTime,
    }))
  const state = stateOf(node.conditions, now)
  return {
    name: node.name,
    healthy: state === 'healthy',
    state,
    ready: conditions.find((one) => one.type === 'Ready')?.status ?? 'Unknown',
    unwatched: unwatched(node.conditions, now) ?? null,
    conditions,
    warnings: conditions
      .filter((one) => one.status === 'True')
      .flatMap((one) => warningsIn(notes?.messages[one.type] ?? '')),
    findings: reports?.get(node.name)?.findings.map(pickFinding) ?? null,
    acknowledged: acknowledgedIn(notes?.acknowledged, now),
    repair: open.find((one) => one.nodeUid === node.uid)?.name ?? null,
  }
}

function pickFinding({ reason, severity, device }: HealthFinding): NonNullable<NodeStatus['findings']>[number] {
  return { reason, severity, ...(device && { device }) }
}

function repairStatus(attempt: Attempt, leader: string | null, held: readonly HeldUp[]): RepairStatus {
  const { decision, plan } = attempt
  const rule = plan ?? decision?.rule
  const inTheWay = attempt.drain?.blockers.map((one) => `${one.pod}: ${one.reason}`) ?? []
  const draining = attempt.phase === 'Draining' || attempt.phase === 'Blocked'
  const latest = draining && inTheWay.length > 0 ? inTheWay.join('; ') : attempt.phases.at(-1)?.why
  return {
    name: attempt.name,
    node: attempt.nodeName,
    phase: attempt.phase,
    since: new Date(phaseSince(attempt)).toISOString(),
    condition: rule?.condition ?? '',
    reason: rule?.reason ?? '',
    policy: rule?.policy ?? '',
    outcome: decision?.outcome ?? '',
    why: attempt.phase === 'Pending' && decision ? nowOfDecision(decision, { leader }).doing : (latest ?? ''),
    toldFirst: attempt.phase === 'Pending' && (leader === null || isToldFirst(attempt, held)),
  }
}

function sickFirst(a: NodeStatus, b: NodeStatus): number {
  return gravest.indexOf(a.state) - gravest.indexOf(b.state) || (a.name < b.name ? -1 : 1)
}
