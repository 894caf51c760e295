/** `nodemend policy snapshot`: the cluster as it is now, as the start of a scenario for `policy test`. Writes to standard output alone. */
import { Command } from 'commander'
import { stringify } from 'yaml'
import {
  type Api,
  type KubeObject,
  nodePools,
  nodes,
  podDisruptionBudgets,
  pods,
  type Resource,
  repairPolicies,
} from '../../../kube/api.ts'
import { isKubeError } from '../../../kube/errors.ts'
import { listObjects } from '../../../kube/objects.ts'
import type { PodObject } from '../../../repair/act/drain/pod.ts'
import type { NodePoolObject } from '../../../repair/observe/node-pools.ts'
import type { NodeObject } from '../../../repair/observe/seen.ts'
import { parsePolicies, type RepairPolicyObject } from '../../../repair/policy/parse.ts'
import { type ClusterFlags, clusterApi } from '../../cluster/api.ts'
import type { Io } from '../../io.ts'
import { askingCluster, withProgress } from '../../progress.ts'
import { plainNames, pseudonyms } from './names.ts'
import { type ClusterObjects, snapshotScenario } from './scenario.ts'
import type { BudgetObject } from './workloads.ts'

const timeoutMs = 10_000
const limit = 500

interface Flags extends ClusterFlags {
  readonly pseudonyms?: boolean
}

export function policySnapshotCommand(io: Io): Command {
  return new Command('snapshot')
    .description('write the cluster as it is now as a scenario for policy test')
    .option(
      '--pseudonyms',
      'write pool-1, namespace-1, workload-1 and so on in place of names, and no label of your own',
    )
    .option('--kubeconfig <FILE>', 'how to reach the cluster (default: KUBECONFIG, ~/.kube/config)')
    .option('--context <NAME>', 'context of the kubeconfig')
    .action((flags: Flags) => snapshot(flags, io))
}

async function snapshot(flags: Flags, io: Io): Promise<void> {
  const { api } = await clusterApi(flags, 'cli', io)
  try {
    const cluster = await withProgress(io, askingCluster, () => look(api))
    const names = flags.pseudonyms ? pseudonyms() : plainNames
    const { document, notes } = snapshotScenario(cluster, names, io.clock.now())
    const head = ['Run it: nodemend policy test FILE', ...notes].map((one) => `# ${one}\n`).join('')
    io.stdout(`${head}${stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })}`)
  } finally {
    api.close()
  }
}

async function look(api: Api): Promise<ClusterObjects> {
  const [nodeList, podList, budgets, policyObjects, pools] = await Promise.all([
    list<NodeObject>(api, nodes),
    list<PodObject>(api, pods),
    list<KubeObject & BudgetObject>(api, podDisruptionBudgets),
    list<RepairPolicyObject>(api, repairPolicies),
    list<NodePoolObject>(api, nodePools),
  ])
  const { readable } = parsePolicies(policyObjects)
  return { nodes: nodeList, pods: podList, budgets, policyObjects, policies: readable, nodePools: pools }
}

/** None where the cluster does not know the kind. */
async function list<T extends KubeObject>(api: Api, resource: Resource): Promise<readonly T[]> {
  try {
    return (await listObjects<T, T>(api, resource, { limit, timeoutMs })).items
  } catch (error) {
    if (isKubeError(error, 'NM_KUBE_NOT_FOUND')) return []
    throw error
  }
}
