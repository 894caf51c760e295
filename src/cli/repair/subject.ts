/** What the commands of `nodemend repair` are about: a node, and the NodeRepairs of it. */
import type { Command } from 'commander'
import { type Api, type KubeObject, nodeRepairs, nodes } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import { getObject, listObjects } from '../../kube/objects.ts'
import type { Rule } from '../../model/decision.ts'
import { type Attempt, isFinished } from '../../model/repair.ts'
import { type Shown, shown } from '../../model/shown.ts'
import { readAttempt } from '../../repair/attempt/record.ts'
import type { NodeObject } from '../../repair/observe/seen.ts'
import { type ClusterFlags, clusterApi } from '../cluster/api.ts'
import { CommandError, type Io } from '../io.ts'
import { paragraph } from '../text/layout.ts'

export const timeoutMs = 5_000
/** Whom the API server is told as the writer. */
export const fieldManager = 'nodemend-cli'

/** Adds what each of these commands takes. */
export function aboutNode(command: Command): Command {
  return command
    .argument('<node>', 'name of the node')
    .option('--kubeconfig <FILE>', 'how to reach the cluster (default: KUBECONFIG, ~/.kube/config)')
    .option('--context <NAME>', 'context of the kubeconfig')
}

/** Runs `run` with a connection, prints the sentence that it answers, and closes. */
export async function inCluster(flags: ClusterFlags, io: Io, run: (api: Api) => Promise<Shown>): Promise<void> {
  const { api } = await clusterApi(flags, 'cli', io)
  try {
    io.stdout(paragraph(await run(api), io.columns))
  } finally {
    api.close()
  }
}

/** Every NodeRepair. */
export async function readRepairs(api: Api): Promise<readonly Attempt[]> {
  const { items } = await listObjects<KubeObject>(api, nodeRepairs)
  return items.flatMap((one) => readAttempt(one) ?? [])
}

/** The repair of the node that is not finished, the furthest one first. */
export async function openRepair(api: Api, node: string): Promise<Attempt> {
  const open = (await readRepairs(api)).filter((one) => one.nodeName === node && !isFinished(one.phase))
  const [found] = open.sort((a, b) => Number(a.phase === 'Pending') - Number(b.phase === 'Pending'))
  if (found) return found
  await readNode(api, node)
  throw new CommandError('NM_REPAIR_NONE', shown`no repair of ${node} is open; see: nodemend why ${node}`)
}

/** Rejects with `NM_REPAIR_NODE` where there is none of the name. */
export async function readNode(api: Api, name: string): Promise<NodeObject> {
  try {
    return await getObject<NodeObject>(api, nodes, { name }, { timeoutMs })
  } catch (error) {
    if (!isKubeError(error, 'NM_KUBE_NOT_FOUND')) throw error
    throw new CommandError('NM_REPAIR_NODE', shown`no node of the name ${name}; see: nodemend status --all`)
  }
}

/** `Replace for KernelReady=False (SoftLockup), policy kernel`. */
export function ruleText({ action, condition, status, reason, policy }: Omit<Rule, 'generation' | 'mode'>): string {
  return `${action} for ${condition}=${status} (${reason}), policy ${policy}`
}
