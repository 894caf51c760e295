/** `nodemend status`: which nodes are sick, what is being done about them, and which policies are in force. */
import { Command } from 'commander'
import { conditionTypes } from '../../model/condition.ts'
import type { NodeView, Pause } from '../../model/node.ts'
import { type Attempt, isFinished, phaseSince } from '../../model/repair.ts'
import { apiHealth } from '../../repair/decide/gates/api-health.ts'
import { describeError, type ParsedPolicies, type RepairPolicyObject } from '../../repair/policy/parse.ts'
import { type ClusterFlags, clusterApi } from '../cluster/api.ts'
import type { Io, OutputFormat } from '../io.ts'
import { outputOption, print, tableText } from '../output.ts'
import { type ClusterView, viewCluster } from './cluster-view.ts'
import { type NodeState, stateOf, unwatched } from './node-state.ts'

interface Flags extends ClusterFlags {
  readonly namespace?: string
  readonly leaseName: string
  readonly all?: boolean
  readonly output: OutputFormat
}

export function statusCommand(io: Io): Command {
  return new Command('status')
    .description('show sick nodes, open repairs and policies')
    .option('--kubeconfig <FILE>', 'how to reach the cluster (default: KUBECONFIG, ~/.kube/config)')
    .option('--context <NAME>', 'context of the kubeconfig')
    .option('--namespace <NAME>', 'namespace of the controller (default: the context’s, else default)')
    .option('--lease-name <NAME>', 'name of the controller’s lease', 'nodemend-controller')
    .option('--all', 'list healthy nodes, too')
    .addOption(outputOption())
    .action((flags: Flags) => status(flags, io))
}

async function status(flags: Flags, io: Io): Promise<void> {
  const { api, namespace = 'default' } = await clusterApi(flags, 'cli', io)
  try {
    const lease = { namespace: flags.namespace ?? namespace, name: flags.leaseName }
    const view = await viewCluster(api, io.clock, lease, [])
    const data = summarise(view, io.clock.now())
    print(io, flags.output, data, () => statusText(data, flags.all ?? false))
  } finally {
    api.close()
  }
}

/** What `status --output json` prints. */
export interface ClusterStatus {
  readonly controller: {
    readonly installed: boolean
    readonly leader: string | null
    /** `why` is what the annotation says, or why it is unknown; null when it is off. */
    readonly paused: { readonly state: Pause['state']; readonly why: string | null }
    /** Why nothing happens although nobody paused it, as the newest decisions say; null when none says so, or there is none. */
    readonly settling: string | null
  }
  readonly nodes: readonly {
    readonly name: string
    readonly healthy: boolean
    readonly state: NodeState
    readonly ready: string
    /** Why nobody looks for its faults; null while an agent reports. */
    readonly unwatched: string | null
    readonly conditions: readonly {
      readonly type: string
      readonly status: string
      readonly reason: string
      readonly since: string
    }[]
    readonly repair: string | null
  }[]
  readonly repairs: readonly {
    readonly name: string
    readonly node: string
    readonly phase: string
    readonly since: string
    readonly condition: string
    readonly reason: string
    readonly policy: string
    readonly outcome: string
    readonly why: string
  }[]
  readonly policies: readonly {
    readonly name: string
    readonly mode: string
    /** From the first rung to the last one. */
    readonly ladder: readonly string[]
    /** Well-formed, whatever is wrong with others. */
    readonly accepted: boolean
    readonly inForce: boolean
    readonly trouble: string | null
  }[]
}

/** Pure; nodes sick first, healthy ones last, then by name. `now` is our clock. */
export function summarise(view: ClusterView, now: number): ClusterStatus {
  const open = view.repairs.filter((one) => !isFinished(one.phase))
  return {
    controller: {
      installed: view.installed,
      leader: view.leader ?? null,
      paused: { state: view.pause.state, why: view.pause.state === 'off' ? null : view.pause.why },
      settling: settlingOf(open),
    },
    nodes: view.nodes.map((node) => nodeStatus(node, open, now)).sort(sickFirst),
    repairs: [...open].sort((a, b) => (a.name < b.name ? -1 : 1)).map(repairStatus),
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

type NodeStatus = ClusterStatus['nodes'][number]

function nodeStatus(node: NodeView, open: readonly Attempt[], now: number): NodeStatus {
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
    repair: open.find((one) => one.nodeUid === node.uid)?.name ?? null,
  }
}

function repairStatus(attempt: Attempt): ClusterStatus['repairs'][number] {
  const { decision } = attempt
  const gate = decision?.gates.find((one) => one.gate === decision.decidedBy)
  const waiting = attempt.phase === 'Pending' && gate
  const inTheWay = attempt.drain?.blockers.map((one) => `${one.pod}: ${one.reason}`) ?? []
  const draining = attempt.phase === 'Draining' || attempt.phase === 'Blocked'
  const latest = draining && inTheWay.length > 0 ? inTheWay.join('; ') : attempt.phases.at(-1)?.why
  return {
    name: attempt.name,
    node: attempt.nodeName,
    phase: attempt.phase,
    since: new Date(phaseSince(attempt)).toISOString(),
    condition: decision?.rule?.condition ?? '',
    reason: decision?.rule?.reason ?? '',
    policy: decision?.rule?.policy ?? '',
    outcome: decision?.outcome ?? '',
    why: waiting ? `${gate.gate}: ${gate.why}` : (latest ?? ''),
  }
}

function sickFirst(a: NodeStatus, b: NodeStatus): number {
  return gravest.indexOf(a.state) - gravest.indexOf(b.state) || (a.name < b.name ? -1 : 1)
}

const gravest: readonly NodeState[] = ['sick', 'unknown', 'no-agent', 'healthy']

/** The text for people. */
function statusText(data: ClusterStatus, all: boolean): string {
  const count = (state: NodeState): number => data.nodes.filter((node) => node.state === state).length
  const shown = all ? data.nodes : data.nodes.filter((node) => !node.healthy || node.repair !== null)
  const parts = [
    `${data.nodes.length} nodes, ${count('healthy')} healthy, ${count('no-agent')} no agent, ${count('unknown')} unknown, ${count('sick')} sick; ${leaderText(data)}${quietText(data)}\n`,
  ]
  if (shown.length > 0) {
    parts.push(tableText(['NODE', 'READY', 'WHAT', 'REPAIR'], shown.map(nodeRow)))
  }
  if (data.repairs.length > 0) {
    const rows = data.repairs.map((one) => [one.name, one.phase, one.condition, one.policy, one.why])
    parts.push(tableText(['REPAIR', 'PHASE', 'CONDITION', 'POLICY', 'WHY'], rows))
  }
  if (data.policies.length > 0) {
    const rows = data.policies.map((one) => [
      one.name,
      one.mode,
      one.ladder.join(', then '),
      one.accepted ? 'yes' : 'no',
      one.inForce ? 'yes' : 'no',
      one.trouble ?? '',
    ])
    parts.push(tableText(['POLICY', 'MODE', 'LADDER', 'ACCEPTED', 'IN FORCE', 'TROUBLE'], rows))
  } else parts.push('No policy: nothing is repaired.\n')
  return parts.join('\n')
}

function nodeRow(node: NodeStatus): readonly string[] {
  const telling = node.conditions.filter((one) => one.type !== 'Ready' && one.status !== 'True')
  const said = telling.map((one) => `${one.type} ${one.status} (${one.reason})`)
  const what = [...said, ...(node.unwatched === null ? [] : [node.unwatched])].join(', ')
  return [node.name, node.ready, what || '-', node.repair ?? '-']
}

/** Why nothing would be done now. A pause comes first: it is what somebody looks for who asked for it, or did not. */
function quietText({ controller: { paused, settling } }: ClusterStatus): string {
  const texts = settling === null ? [] : [`frozen: ${settling}`]
  if (paused.state === 'on') texts.unshift(`PAUSED by ${paused.why || 'an annotation without a reason'}`)
  if (paused.state === 'unknown') texts.unshift(`unknown whether it is PAUSED: ${paused.why}`)
  return texts.map((text) => `; ${text}`).join('')
}

function leaderText({ controller }: ClusterStatus): string {
  if (!controller.installed) return 'the CRDs of nodemend are not installed'
  return controller.leader === null ? 'no controller leads' : `${controller.leader} leads`
}
