/** `nodemend eks status`: what EKS says of monitoring and repair, and what the cluster's own nodes say. */
import type { Addon, Nodegroup } from '@aws-sdk/client-eks'
import type { Command } from 'commander'
import { shownText } from '../../model/shown.ts'
import { repairText } from '../../providers/eks/repair-text.ts'
import { type ClusterView, viewCluster } from '../ask/cluster-view.ts'
import { type NodeState, stateOf } from '../ask/node-state.ts'
import { type ClusterFlags, clusterApi } from '../cluster/api.ts'
import type { Io, OutputFormat } from '../io.ts'
import { outputOption, print, tableText } from '../output.ts'
import { openEks } from './eks-api.ts'
import { type EksFlags, eksSubcommand, monitoringAddon, optionsOf } from './flags.ts'

const nodegroupLabel = 'eks.amazonaws.com/nodegroup'

interface Flags extends EksFlags, ClusterFlags {
  readonly addon: string
  readonly output: OutputFormat
}

export interface EksStatus {
  readonly cluster: string
  readonly kubernetes: string
  /** Null where the cluster does not have the add-on. */
  readonly addon: {
    readonly name: string
    readonly version: string
    readonly status: string
    readonly issues: readonly string[]
  } | null
  readonly nodegroups: readonly {
    readonly name: string
    /** The repair configuration in words. */
    readonly repair: string
    /** Nodes by state; null where the cluster was not reached. */
    readonly nodes: Readonly<Partial<Record<NodeState, number>>> | null
  }[]
  /** Policies of ours that act. */
  readonly acting: readonly string[]
  readonly remarks: readonly string[]
}

export function statusCommand(io: Io): Command {
  return eksSubcommand('status', 'show add-on and node repair of EKS, and what the nodes say')
    .option('--addon <NAME>', 'the add-on', monitoringAddon)
    .option('--kubeconfig <FILE>', 'how to reach the cluster (default: KUBECONFIG, ~/.kube/config)')
    .option('--context <NAME>', 'context of the kubeconfig')
    .addOption(outputOption())
    .action(async (cluster: string, flags: Flags) => {
      const eks = await openEks(optionsOf(flags))
      const { version = '' } = await eks.cluster(cluster)
      const addon = await eks.addon(cluster, flags.addon)
      const nodegroups = await eks.nodegroups(cluster)
      const inside = await look(flags, io)
      const status = eksStatus({ cluster, kubernetes: version, addon, nodegroups, inside, now: io.clock.now() })
      print(io, flags.output, status, () => statusText(status))
    })
}

/** The cluster, or why it was not reached: the EKS side is worth showing all the same. */
async function look(flags: Flags, io: Io): Promise<ClusterView | string> {
  try {
    const { api, namespace = 'default' } = await clusterApi(flags, 'eks', io)
    try {
      return await viewCluster(api, io.clock, { namespace, name: 'nodemend-controller' }, [])
    } finally {
      api.close()
    }
  } catch (error) {
    return (error as Error).message
  }
}

export interface EksSides {
  readonly cluster: string
  readonly kubernetes: string
  readonly addon: Addon | undefined
  readonly nodegroups: readonly Nodegroup[]
  readonly inside: ClusterView | string
  readonly now: number
}

/** Lays both sides together. */
export function eksStatus({ cluster, kubernetes, addon, nodegroups, inside, now }: EksSides): EksStatus {
  const view = typeof inside === 'string' ? undefined : inside
  const acts = (view?.policies.policies ?? []).filter(({ mode, paused }) => mode !== 'Observe' && !paused)
  const acting = acts.map(({ name }) => name)
  const repairing = nodegroups.filter(({ nodeRepairConfig }) => nodeRepairConfig?.enabled)
  const remarks = [
    ...(typeof inside === 'string' ? [`the nodes were not looked at: ${inside}`] : []),
    ...(acting.length > 0 && repairing.length > 0 ? [bothText(view)] : []),
    ...(repairing.length > 0 && addon === undefined
      ? ['without a monitoring agent EKS repairs nodes that are not Ready, and no others']
      : []),
  ]
  return {
    cluster,
    kubernetes,
    addon: addon
      ? {
          name: addon.addonName ?? '',
          version: addon.addonVersion ?? '',
          status: addon.status ?? '',
          issues: (addon.health?.issues ?? []).map(({ code = '', message = '' }) => shownText(`${code}: ${message}`)),
        }
      : null,
    nodegroups: nodegroups.map(({ nodegroupName: name = '', nodeRepairConfig }) => ({
      name,
      repair: repairText(nodeRepairConfig),
      nodes: view ? statesIn(name, view, now) : null,
    })),
    acting,
    remarks,
  }
}

/** A paused controller repairs nothing, but only for as long as it is paused. */
function bothText(view: ClusterView | undefined): string {
  const remedy = 'let the policies observe, or turn the repair of these node groups off'
  if (view?.pause.state !== 'on') return `EKS and policies of Nodemend both repair: ${remedy}`
  return `Nodemend is paused (${shownText(view.pause.why)}); before it goes on, ${remedy}: then both would repair`
}

function statesIn(nodegroup: string, { nodes }: ClusterView, now: number): EksStatus['nodegroups'][number]['nodes'] {
  const own = nodes.filter(({ labels }) => labels[nodegroupLabel] === nodegroup)
  const states = Map.groupBy(own, ({ conditions }) => stateOf(conditions, now))
  return Object.fromEntries([...states].map(([state, of]) => [state, of.length]))
}

function statusText({ cluster, kubernetes, addon, nodegroups, acting, remarks }: EksStatus): string {
  const rows = nodegroups.map(({ name, repair, nodes }) => [name, nodesText(nodes), repair])
  const lines = [
    `${cluster}, Kubernetes ${kubernetes}`,
    addon ? `add-on ${addon.name} ${addon.version}: ${addon.status}` : 'no monitoring add-on',
    ...(addon?.issues ?? []).map((issue) => `  ${issue}`),
    `policies of Nodemend that act: ${acting.join(', ') || 'none'}`,
  ]
  const table = rows.length > 0 ? tableText(['NODE GROUP', 'NODES', 'REPAIR BY EKS'], rows) : 'no managed node groups\n'
  return `${lines.join('\n')}\n\n${table}${remarks.map((one) => `\n${one}\n`).join('')}`
}

function nodesText(nodes: EksStatus['nodegroups'][number]['nodes']): string {
  if (nodes === null) return '?'
  return (
    Object.entries(nodes)
      .map(([state, count]) => `${count} ${state}`)
      .join(', ') || '0'
  )
}
